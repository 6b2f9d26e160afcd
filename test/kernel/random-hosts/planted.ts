/** One thing that another program does to packets: the chains of an nftables table, with their lines. */
export interface PlantedChains {
  readonly chains: readonly { readonly name: string; readonly lines: readonly string[] }[]
}

/** The same as the rules of an iptables table: `mangle` and `-A PREROUTING ...`. */
export interface PlantedRules {
  readonly table: string
  readonly lines: readonly string[]
  /** User chains. */
  readonly chains?: readonly string[]
  readonly drops?: boolean
}
