import type { Family, InterfaceFact, RouteFact, RoutingRuleFact, TableFamily } from '@portolan/netfilter'

/**
 * A change of the host that a monitor reports, tagged by `kind`. It says that something changed and what its value is
 * now. Notices are not a log: some changes have no message of their own (see `openMonitor`), so read the host again
 * before acting.
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
  /** The generation of the ruleset after this transaction. It counts up by one, and starts again after 2^32 - 1. */
  readonly generation: number | null
  /**
   * The process that sent the transaction, which may have ended since. `pid` is its number in the initial PID
   * namespace. `name` is its name as ps prints it: `nft`, `iptables-nft`, `firewalld`, `node` (of Node 24:
   * `MainThread`).
   */
  readonly process: { readonly pid: number; readonly name: string } | null
  /** The tables in the order of their first message. */
  readonly tables: readonly TouchedTable[]
}

/**
 * A table that a transaction of nf_tables changed.
 * @public @since 0.1.0
 */
export interface TouchedTable {
  readonly family: TableFamily
  readonly name: string
  /**
   * What happened to the table itself. `new`: it was made, or its flags changed. `replaced`: it was deleted and made
   * again. `removed`: it was deleted. `changed`: only its contents changed.
   */
  readonly action: 'new' | 'replaced' | 'removed' | 'changed'
  /** How many messages added or changed chains, rules, sets, elements, objects and flowtables. */
  readonly added: number
  /** How many messages deleted them. */
  readonly removed: number
}

/**
 * Rules of iptables-legacy changed between two readings. The kernel sends no message about such a change.
 * @public @since 0.1.0
 */
export interface LegacyRulesNotice {
  readonly kind: 'legacy-rules'
  readonly family: Family
  /** The names of the tables: `filter`, `nat`, ... */
  readonly tables: readonly string[]
}

/**
 * A link appeared, changed or disappeared.
 * @public @since 0.1.0
 */
export interface LinkNotice {
  readonly kind: 'link'
  readonly action: 'new' | 'changed' | 'removed'
  /** The link as `readHost` gives it, with the addresses known so far. */
  readonly link: InterfaceFact
}

/**
 * An interface got or lost an address.
 * @public @since 0.1.0
 */
export interface AddressNotice {
  readonly kind: 'address'
  readonly action: 'new' | 'removed'
  /** The name of the interface; null: the interface is gone already. */
  readonly interface: string | null
  /** The address in CIDR form with host bits kept: `192.0.2.2/24`. */
  readonly address: string
}

/**
 * A route of any table. A route with several next hops has a notice for each.
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

/**
 * A sysctl of an interface, of `all` or of `default` changed.
 * @public @since 0.1.0
 */
export interface SysctlNotice {
  readonly kind: 'sysctl'
  readonly family: Family
  /** An interface, `all` or `default`. */
  readonly interface: string
  /**
   * The name as in `HostFacts.sysctls`: `net.ipv4.conf.eth0.rp_filter`. `net.ipv4.ip_forward` is another name of
   * `net.ipv4.conf.all.forwarding`, and is reported under that name.
   */
  readonly name: string
  /** The new value; null: the kernel says that the value changed, but not to what (`force_forwarding`). */
  readonly value: string | null
}

/**
 * Changes were missed: the kernel's messages came faster than they could be read, or too many notices waited. All
 * changes up to here have been made, and all later ones are reported. So reading the host again is enough.
 * @public @since 0.1.0
 */
export interface LostNotice {
  readonly kind: 'lost'
  /** The reason, a sentence for people. */
  readonly reason: string
}
