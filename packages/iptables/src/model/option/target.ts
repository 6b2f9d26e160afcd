import type { ExtensionOption } from './extension.ts'

/**
 * The action of a rule for a packet that it matches.
 * @public @since 0.1.0
 */
export type Target =
  | VerdictTarget
  | ChainTarget
  | NatTarget
  | MasqueradeTarget
  | RejectTarget
  | ExtensionTarget
  | OpaqueTarget

/** @public @since 0.1.0 */
export interface VerdictTarget {
  readonly kind: 'verdict'
  readonly verdict: 'ACCEPT' | 'DROP' | 'RETURN'
}

/** `-j CHAIN` returns to the next rule after the chain; `-g CHAIN` does not. @public @since 0.1.0 */
export interface ChainTarget {
  readonly kind: 'jump' | 'goto'
  readonly chain: string
}

/** `-j DNAT --to-destination`, `-j SNAT --to-source`. @public @since 0.1.0 */
export interface NatTarget {
  readonly kind: 'dnat' | 'snat'
  /** `172.17.0.2:80`, `[fd00::2]:80`, `192.0.2.1-192.0.2.4`. */
  readonly to: string
  /** `--random`, `--random-fully`, `--persistent`, in the order written. */
  readonly options: readonly string[]
}

/** `-j MASQUERADE`, `-j REDIRECT`. @public @since 0.1.0 */
export interface MasqueradeTarget {
  readonly kind: 'masquerade' | 'redirect'
  /** `80` or `1024-65535`; null: any. */
  readonly ports: string | null
  readonly options: readonly string[]
}

/** @public @since 0.1.0 */
export interface RejectTarget {
  readonly kind: 'reject'
  /** `icmp-port-unreachable`, `tcp-reset`; null where none was written. */
  readonly with: string | null
}

/**
 * Any other target of iptables: `-j MARK`, `-j LOG`, `-j CT`. Its options are checked, complete and in the order in
 * which iptables-save prints them.
 * @public @since 0.1.0
 */
export interface ExtensionTarget {
  readonly kind: 'extension'
  readonly name: string
  readonly options: readonly ExtensionOption[]
}

/** @public @since 0.1.0 */
export interface OpaqueTarget {
  readonly kind: 'opaque'
  readonly name: string
  /** The whole target as written: `-j LOG --log-prefix "[denied] "`. */
  readonly text: string
}
