/**
 * One record of an engine's database: a key and a text.
 * @public @since 0.1.0
 */
export interface StoreRecord {
  readonly key: string
  readonly text: string
}
