import type { ExtensionOption } from './extension.ts'

/**
 * One condition of a rule. A condition that is understood and has no kind of its own is an `extension`. A condition
 * that is not understood is `opaque`, with its text unchanged.
 * @public @since 0.1.0
 */
export type Match =
  | AddressMatch
  | InterfaceMatch
  | ProtocolMatch
  | FragmentMatch
  | PortMatch
  | MultiportMatch
  | IcmpMatch
  | AddressTypeMatch
  | ConntrackMatch
  | StateMatch
  | MarkMatch
  | StatisticMatch
  | CommentMatch
  | ExtensionMatch
  | OpaqueMatch

/** `-s` and `-d`: CIDR text with its length, as iptables-save prints it, or `address/mask`. @public @since 0.1.0 */
export interface AddressMatch {
  readonly kind: 'source' | 'destination'
  readonly prefix: string
  readonly negated: boolean
}

/** `-i` and `-o`; a final `+` is a wildcard for every name with that start. @public @since 0.1.0 */
export interface InterfaceMatch {
  readonly kind: 'in' | 'out'
  readonly name: string
  readonly negated: boolean
}

/** `-p`. @public @since 0.1.0 */
export interface ProtocolMatch {
  readonly kind: 'protocol'
  readonly protocol: string
  readonly negated: boolean
}

/** `-f`: second and further fragments (IPv4). @public @since 0.1.0 */
export interface FragmentMatch {
  readonly kind: 'fragment'
  readonly negated: boolean
}

/** An inclusive range, 0 to 65535. @public @since 0.1.0 */
export interface PortSpan {
  readonly first: number
  readonly last: number
}

/** @public @since 0.1.0 */
export interface PortTest extends PortSpan {
  readonly negated: boolean
}

/** `-m tcp`, `-m udp`, `-m sctp` with ports and TCP flags only. @public @since 0.1.0 */
export interface PortMatch {
  readonly kind: 'port'
  readonly module: 'tcp' | 'udp' | 'sctp'
  readonly source: PortTest | null
  readonly destination: PortTest | null
  /** `--tcp-flags mask comp`; `none` is the empty list. */
  readonly flags: { readonly mask: string; readonly set: string; readonly negated: boolean } | null
}

/** @public @since 0.1.0 */
export interface MultiportMatch {
  readonly kind: 'multiport'
  readonly side: 'source' | 'destination' | 'either'
  readonly ports: readonly PortSpan[]
  readonly negated: boolean
}

/**
 * `-m icmp --icmp-type`, `-m icmp6 --icmpv6-type`: `8`, `3/4`, `3/1:5`, `any`.
 * @public @since 0.1.0
 */
export interface IcmpMatch {
  readonly kind: 'icmp'
  readonly module: 'icmp' | 'icmp6'
  readonly type: string
  readonly negated: boolean
}

/** @public @since 0.1.0 */
export interface AddressTypeMatch {
  readonly kind: 'address-type'
  readonly source: AddressTypeTest | null
  readonly destination: AddressTypeTest | null
  /** `--limit-iface-in`, `--limit-iface-out`. */
  readonly limit: 'in' | 'out' | null
}

/** @public @since 0.1.0 */
export interface AddressTypeTest {
  readonly types: readonly string[]
  readonly negated: boolean
}

/** All tests of one `-m conntrack` must hold. @public @since 0.1.0 */
export interface ConntrackMatch {
  readonly kind: 'conntrack'
  readonly tests: readonly ConntrackTest[]
}

/** The option's name without its dashes, and its argument as written. @public @since 0.1.0 */
export interface ConntrackTest {
  readonly option: ConntrackOption
  readonly value: string
  readonly negated: boolean
}

/** @public @since 0.1.0 */
export type ConntrackOption =
  | 'ctstate'
  | 'ctproto'
  | 'ctorigsrc'
  | 'ctorigdst'
  | 'ctreplsrc'
  | 'ctrepldst'
  | 'ctorigsrcport'
  | 'ctorigdstport'
  | 'ctreplsrcport'
  | 'ctrepldstport'
  | 'ctstatus'
  | 'ctexpire'
  | 'ctdir'

/** `-m state`, the old form of `--ctstate`. @public @since 0.1.0 */
export interface StateMatch {
  readonly kind: 'state'
  readonly states: readonly string[]
  readonly negated: boolean
}

/** @public @since 0.1.0 */
export interface MarkMatch {
  readonly kind: 'mark'
  readonly module: 'mark' | 'connmark'
  readonly value: number
  readonly mask: number
  readonly negated: boolean
}

/** `-m statistic --mode random`. @public @since 0.1.0 */
export interface StatisticMatch {
  readonly kind: 'statistic'
  /** In units of 1/2^31, as the kernel keeps it (include/uapi/linux/netfilter/xt_statistic.h). */
  readonly probability: number
  readonly negated: boolean
}

/** @public @since 0.1.0 */
export interface CommentMatch {
  readonly kind: 'comment'
  readonly text: string
}

/**
 * A match of any other iptables module: `-m limit`, `-m recent`, `-m iprange`. Its options are checked, complete, and
 * in the order in which iptables-save prints them.
 * @public @since 0.1.0
 */
export interface ExtensionMatch {
  readonly kind: 'extension'
  readonly module: string
  readonly options: readonly ExtensionOption[]
}

/** @public @since 0.1.0 */
export interface OpaqueMatch {
  readonly kind: 'opaque'
  /** The module after `-m`, or the bare option. */
  readonly module: string
  /** The whole match as written: `-m recent --update --seconds 60 --name DEFAULT --rsource`. */
  readonly text: string
}
