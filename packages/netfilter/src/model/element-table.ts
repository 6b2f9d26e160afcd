import type { ValueRange, ValueSet } from './value.ts'
import type { Verdict } from './verdict.ts'

/**
 * A set, a map or a verdict map, named or not; or an ipset. Rules that use one named set share the one object, so
 * that it is indexed once.
 * @public @since 0.1.0
 */
export interface ElementTable {
  /** Null: the table is anonymous. */
  readonly name: string | null
  readonly elements: readonly TableElement[]
  /** nft's catch-all element `*`; null when there is none. */
  readonly otherwise: ElementData | null
  /**
   * False when the elements may differ from those listed: packets add elements, elements time out, or the contents were
   * not given. Whether a key is in the table is then unknown.
   */
  readonly complete: boolean
}

/**
 * One element: a value set for each part of the concatenated key.
 * @public @since 0.1.0
 */
export interface TableElement {
  readonly key: readonly ValueSet[]
  readonly data: ElementData
}

/**
 * The data of an element. `member`: an element of a set, which has no data. `values`: a map's data, one range for each
 * part; a single value is a range with equal ends. `text`: a name.
 * @public @since 0.1.0
 */
export type ElementData =
  | { readonly kind: 'member' }
  | { readonly kind: 'verdict'; readonly verdict: Verdict }
  | { readonly kind: 'values'; readonly values: readonly ValueRange[] }
  | { readonly kind: 'text'; readonly text: string }

/** @public @since 0.1.0 */
export const member: ElementData = { kind: 'member' }
