import type { Change } from '@portolan/core'
import type { Chain, Element, NamedSet, Rule, Table } from '../model/index.ts'

/**
 * One step of a plan for nftables: what people read, and the operation that carries it out.
 * @public @since 0.1.0
 */
export interface NftablesChange extends Change {
  readonly operation: Operation
}

/**
 * What can be done to our table. `set` is a set or map without regard to its elements.
 * @public @since 0.1.0
 */
export type Operation =
  | { readonly kind: 'add-table'; readonly table: Table }
  | { readonly kind: 'remove-table'; readonly table: Table }
  /** The table is built otherwise than ours is: all of it is written anew. */
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
