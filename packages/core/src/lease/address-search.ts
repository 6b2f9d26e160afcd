/** Was somebody seen at this address, though nobody leased it? */
export type IsTaken = (address: string) => boolean

/**
 * How far the search for an address that nobody ever had has come.
 * @public @since 0.1.0
 */
export interface AddressSearch {
  /** Everything before it was leased at some time, or is in one of the lists. */
  readonly next: bigint
  /** Where somebody was seen, as `isTaken` says; lowest first. Asked once more, it would say the same. */
  readonly seen: readonly bigint[]
  readonly isTaken: IsTaken | null
  /** Where somebody was seen as another function said, and `isTaken` was not asked yet; above those in `seen`. */
  readonly unasked: readonly bigint[]
}
