import type { Expression } from './expression.ts'
import type { ValueRange } from './value.ts'

/**
 * Binds the flow, if nothing has bound that side of it yet, and accepts.
 *
 * `dnat` in prerouting and output, `snat` in postrouting and input; `masquerade` takes the address of the
 * interface the packet leaves by; `redirect` takes the address of the interface it came in by, or 127.0.0.1 (::1)
 * for what this host sends.
 * @public @since 0.1.0
 */
export interface NatStep {
  readonly kind: 'nat'
  readonly type: 'dnat' | 'snat' | 'masquerade' | 'redirect'
  /** Null: the address stays (`dnat to :8080`), or is not for the rule to choose. */
  readonly address: NatOperand | null
  /** Null: the port stays if it can. */
  readonly port: NatOperand | null
  /** The address is a prefix to map onto: the bits below it stay (NETMAP, `dnat prefix to`). */
  readonly netmap: boolean
  /** Shifted port ranges: the port at the head of the range asked for (`10-12/13` of iptables: 13). */
  readonly shiftFrom: number | null
  /** `random`, `fully-random`, `persistent`. */
  readonly flags: readonly string[]
}

/**
 * A range to pick from, or what an expression gives. Two operands that read the two parts of one map share the
 * one `table` and `key`, and are looked up together.
 * @public @since 0.1.0
 */
export type NatOperand =
  | ({ readonly kind: 'range' } & ValueRange)
  | { readonly kind: 'expression'; readonly expression: Expression }
