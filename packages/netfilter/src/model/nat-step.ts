import type { Expression } from './expression.ts'
import type { ValueRange } from './value.ts'

/**
 * A translation: binds one side of the flow, if nothing has bound it yet, and accepts.
 *
 * `dnat` in prerouting and output, `snat` in postrouting and input; `masquerade` takes the address of the
 * interface the packet leaves by; `redirect` takes the address of the interface it came in by, or 127.0.0.1 (::1)
 * for packets that this host sends.
 * @public @since 0.1.0
 */
export interface NatStep {
  readonly kind: 'nat'
  readonly type: 'dnat' | 'snat' | 'masquerade' | 'redirect'
  /** Null: the address stays (`dnat to :8080`), or the rule does not choose it (`masquerade`, `redirect`). */
  readonly address: NatOperand | null
  /** Null: the port stays if it can. */
  readonly port: NatOperand | null
  /** Whether the address is a prefix to map onto: the bits below the prefix stay (NETMAP, `dnat prefix to`). */
  readonly netmap: boolean
  /**
   * For shifted port ranges, the port that maps to the first port of the range (`10-12/13` of iptables: 13). Null: no
   * shift.
   */
  readonly shiftFrom: number | null
  /** `random`, `fully-random`, `persistent`. */
  readonly flags: readonly string[]
}

/**
 * A range to pick from, or the value of an expression. Two operands that read two parts of one map share its `table`
 * and `key`, and both values come from one element.
 * @public @since 0.1.0
 */
export type NatOperand =
  | ({ readonly kind: 'range' } & ValueRange)
  | { readonly kind: 'expression'; readonly expression: Expression }
