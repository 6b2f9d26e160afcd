import type { Change } from '@portolan/core'
import type { Chain, Element, NamedSet, Rule, Table } from './index.ts'

/**
 * One step of a plan for nftables: the words that people read, and the operation to carry out.
 * @public @since 0.1.0
 */
export interface NftablesChange extends Change {
  readonly operation: Operation
}

/**
 * One operation on our table. `set` is a set or map; its elements do not matter.
 * @public @since 0.1.0
 */
export type Operation =
  | { readonly kind: 'add-table'; readonly table: Table }
  | { readonly kind: 'remove-table'; readonly table: Table }
  /** The existing table has another structure than ours and is replaced as a whole. */
  | { readonly kind: 'replace-table'; readonly before: Table; readonly table: Table }
  | { readonly kind: 'add-set'; readonly set: NamedSet }
  | { readonly kind: 'remove-set'; readonly set: NamedSet }
  | { readonly kind: 'add-chain'; readonly chain: Chain }
  | { readonly kind: 'remove-chain'; readonly chain: Chain }
  | { readonly kind: 'replace-rules'; readonly chain: Chain; readonly rules: readonly Rule[] }
  | { readonly kind: 'add-element'; readonly set: NamedSet; readonly element: Element }
  | { readonly kind: 'remove-element'; readonly set: NamedSet; readonly element: Element }
  | {
      readonly kind: 'replace-element'
      readonly set: NamedSet
      readonly before: Element
      readonly element: Element
    }
