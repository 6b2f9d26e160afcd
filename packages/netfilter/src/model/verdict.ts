/**
 * Where a packet goes next.
 * - `accept` ends this base chain, and no other; `drop` ends everything.
 * - `return` goes on after the `jump` that led here; in a base chain it means the policy. After `goto` there is no
 *   way back: the end of the chain is the end of the one that jumped.
 * - `stolen`: another program decides (`queue`): the packet may go on or be lost.
 * @public @since 0.1.0
 */
export type Verdict =
  | { readonly kind: 'accept' | 'drop' | 'return' | 'continue' | 'stolen' }
  | { readonly kind: 'jump' | 'goto'; readonly chain: string }
