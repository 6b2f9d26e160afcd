import type { Step } from './step.ts'

/**
 * Rules of a host without dialect: what `lower` of either dialect gives, and `evaluate` reads. Several of them
 * (iptables-legacy, iptables-nft, nftables) stand on the hooks together.
 * @public @since 0.1.0
 */
export interface NetfilterRuleset {
  /** In the order of creation, oldest first, as far as it is known: it breaks ties between equal priorities. */
  readonly tables: readonly NetfilterTable[]
}

/** @public @since 0.1.0 */
export type RuleTool = 'nft' | 'iptables-nft' | 'iptables-legacy'

/** @public @since 0.1.0 */
export type TableFamily = 'ip' | 'ip6' | 'inet' | 'arp' | 'bridge' | 'netdev'

/** @public @since 0.1.0 */
export interface NetfilterTable {
  readonly tool: RuleTool
  readonly family: TableFamily
  readonly name: string
  /** A dormant table is kept and does nothing. */
  readonly dormant: boolean
  /**
   * The program that keeps the table for itself (nft's `flags owner`), where it is known; of iptables the program that
   * closes the table and has no chain in it: ufw in IPv6, where it has that switched off.
   */
  readonly program?: string
  /** The kernel lets no other program change the table (nft's `flags owner`). Absent: it does. */
  readonly owned?: boolean
  readonly chains: readonly NetfilterChain[]
}

/** @public @since 0.1.0 */
export interface NetfilterChain {
  readonly name: string
  /** The tool that takes rules for the chain, where it is not that of its table: nft, of a base chain that it made beside those of iptables-nft. */
  readonly tool?: RuleTool
  /** Null of a chain that is only jumped to. */
  readonly base: BaseHook | null
  readonly rules: readonly NetfilterRule[]
}

/** @public @since 0.1.0 */
export type Hook = 'ingress' | 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting' | 'egress'

/**
 * Where a base chain hangs.
 * @public @since 0.1.0
 */
export interface BaseHook {
  readonly type: 'filter' | 'nat' | 'route'
  readonly hook: Hook
  /** Lower runs earlier. iptables' tables: raw -300, mangle -150, nat -100 and 100, filter 0, security 50. */
  readonly priority: number
  readonly policy: 'accept' | 'drop'
  /** Of ingress and egress. */
  readonly devices: readonly string[]
}

/** @public @since 0.1.0 */
export interface NetfilterRule {
  readonly source: RuleSource
  readonly steps: readonly Step[]
}

/**
 * Where a rule stands in the tool it was read from, for traces and culprits.
 * @public @since 0.1.0
 */
export interface RuleSource {
  readonly tool: RuleTool
  readonly family: TableFamily
  readonly table: string
  readonly chain: string
  /** Counts from 1 within its chain, as `iptables -L --line-numbers` does. */
  readonly position: number
  /** nftables only. */
  readonly handle: number | null
  /** As the tool prints it, without counters: `-A FORWARD -i eth0 -j DROP`, `iifname "eth0" drop`. */
  readonly text: string
  /** What the rule says of itself, as it was written; null where it says nothing. */
  readonly comment: string | null
  readonly counters: { readonly packets: bigint; readonly bytes: bigint } | null
}
