import type { Step } from './step.ts'

/**
 * The rules of a host, independent of any dialect: `lower` of either dialect returns them, and `evaluate` reads them.
 * Several rulesets (iptables-legacy, iptables-nft, nftables) share the hooks.
 * @public @since 0.1.0
 */
export interface NetfilterRuleset {
  /** In the order of creation, oldest first, as far as known: the order breaks ties between equal priorities. */
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
   * The program that keeps the table for itself (nft's `flags owner`), where known. For iptables: the program that
   * closes the table and has no chain in it, such as ufw for IPv6 when its IPv6 support is off.
   */
  readonly program?: string
  /**
   * Whether the kernel lets only the owner change the table (nft's `flags owner`). Absent: every program may change it.
   */
  readonly owned?: boolean
  readonly chains: readonly NetfilterChain[]
}

/** @public @since 0.1.0 */
export interface NetfilterChain {
  readonly name: string
  /**
   * The tool that manages the chain, where it differs from the table's tool: nft, for a base chain that nft added to a
   * table of iptables-nft.
   */
  readonly tool?: RuleTool
  /** Null: only jumps lead to the chain. */
  readonly base: BaseHook | null
  readonly rules: readonly NetfilterRule[]
}

/** @public @since 0.1.0 */
export type Hook = 'ingress' | 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting' | 'egress'

/**
 * The hook of a base chain, with its priority and policy.
 * @public @since 0.1.0
 */
export interface BaseHook {
  readonly type: 'filter' | 'nat' | 'route'
  readonly hook: Hook
  /** Lower runs earlier. iptables' tables: raw -300, mangle -150, nat -100 and 100, filter 0, security 50. */
  readonly priority: number
  readonly policy: 'accept' | 'drop'
  /** The devices of an ingress or egress chain. */
  readonly devices: readonly string[]
}

/** @public @since 0.1.0 */
export interface NetfilterRule {
  readonly source: RuleSource
  readonly steps: readonly Step[]
}

/**
 * The place of a rule in the tool it was read from, for traces and culprits.
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
  /** The comment of the rule, as written; null: no comment. */
  readonly comment: string | null
  readonly counters: { readonly packets: bigint; readonly bytes: bigint } | null
}
