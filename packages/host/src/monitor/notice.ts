import type { Family, InterfaceFact, RouteFact, RoutingRuleFact, TableFamily } from '@portolan/netfilter'

/**
 * What a monitor tells of, tagged by `kind`. A notice says that something changed and what it is now. It is no log:
 * some changes have no message of their own (see `openMonitor`), so read the host again before acting.
 * @example
 * const isOurTable = (notice: Notice): boolean =>
 *   notice.kind === 'rules' && notice.tables.some(({ family, name }) => family === 'inet' && name === 'portolan')
 * @public @since 0.1.0
 */
export type Notice =
  | RulesNotice
  | LegacyRulesNotice
  | LinkNotice
  | AddressNotice
  | RouteNotice
  | NexthopNotice
  | RoutingRuleNotice
  | SysctlNotice
  | LostNotice

/**
 * One transaction of nf_tables: `nft`, iptables-nft, firewalld, or Portolan itself.
 * @public @since 0.1.0
 */
export interface RulesNotice {
  readonly kind: 'rules'
  /** The generation of the ruleset that this transaction made. It counts up by one, and begins anew after 2^32 - 1. */
  readonly generation: number | null
  /**
   * The process that sent the transaction. `pid` is that of the initial PID namespace, `name` its name as ps prints it:
   * `nft`, `iptables-nft`, `firewalld`, `node` (of Node 24: `MainThread`). It may have ended since.
   */
  readonly process: { readonly pid: number; readonly name: string } | null
  /** In the order of their first message. */
  readonly tables: readonly TouchedTable[]
}

/** @public @since 0.1.0 */
export interface TouchedTable {
  readonly family: TableFamily
  readonly name: string
  /**
   * What became of the table itself. `new`: it was made, or its flags changed. `replaced`: it was deleted and made
   * again. `removed`: it was deleted. `changed`: only what is in it.
   */
  readonly action: 'new' | 'replaced' | 'removed' | 'changed'
  /** Messages about chains, rules, sets, elements, objects and flowtables that were added or changed. */
  readonly added: number
  /** The same, that were deleted. */
  readonly removed: number
}

/**
 * Rules of iptables-legacy changed between two readings. The kernel has no message for it.
 * @public @since 0.1.0
 */
export interface LegacyRulesNotice {
  readonly kind: 'legacy-rules'
  readonly family: Family
  /** `filter`, `nat`, ... */
  readonly tables: readonly string[]
}

/** @public @since 0.1.0 */
export interface LinkNotice {
  readonly kind: 'link'
  readonly action: 'new' | 'changed' | 'removed'
  /** As `readHost` gives it, with the addresses known so far. */
  readonly link: InterfaceFact
}

/** @public @since 0.1.0 */
export interface AddressNotice {
  readonly kind: 'address'
  readonly action: 'new' | 'removed'
  /** Null where the interface has gone already. */
  readonly interface: string | null
  /** In CIDR form with host bits kept: `192.0.2.2/24`. */
  readonly address: string
}

/**
 * A route of any table. A route with several next hops has one notice for each.
 * @public @since 0.1.0
 */
export interface RouteNotice {
  readonly kind: 'route'
  /** `new`: added, replaced or changed. */
  readonly action: 'new' | 'removed'
  readonly route: RouteFact
}

/**
 * A nexthop object (`ip nexthop`). IPv4 routes through it vanish with it, and have no notice of their own.
 * @public @since 0.1.0
 */
export interface NexthopNotice {
  readonly kind: 'nexthop'
  /** `new`: added or replaced. */
  readonly action: 'new' | 'removed'
  readonly id: number
}

/**
 * A policy routing rule (`ip rule`).
 * @public @since 0.1.0
 */
export interface RoutingRuleNotice {
  readonly kind: 'rule'
  readonly action: 'new' | 'removed'
  readonly rule: RoutingRuleFact
}

/** @public @since 0.1.0 */
export interface SysctlNotice {
  readonly kind: 'sysctl'
  readonly family: Family
  /** An interface, `all` or `default`. */
  readonly interface: string
  /**
   * As `HostFacts.sysctls` names it: `net.ipv4.conf.eth0.rp_filter`. `net.ipv4.ip_forward` is
   * `net.ipv4.conf.all.forwarding` by another name, and is told as that.
   */
  readonly name: string
  /** Null: the kernel says that it changed, and not to what (`force_forwarding`). */
  readonly value: string | null
}

/**
 * Changes went by untold: the kernel's messages came faster than they could be taken, or notices waited too long.
 * All changes up to here have been made, and all that come later are told, so reading the host again is enough.
 * @public @since 0.1.0
 */
export interface LostNotice {
  readonly kind: 'lost'
  /** A sentence for people. */
  readonly reason: string
}
