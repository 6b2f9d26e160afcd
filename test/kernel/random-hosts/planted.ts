/** One thing that another program does to packets, as chains of an nftables table, each with its lines. */
export interface PlantedChains {
  readonly chains: readonly { readonly name: string; readonly lines: readonly string[] }[]
}

/** The same as rules of an iptables table: `mangle` to `-A PREROUTING ...`. */
export interface PlantedRules {
  readonly table: string
  readonly lines: readonly string[]
  /** Chains that are not built in. */
  readonly chains?: readonly string[]
  readonly drops?: boolean
}
