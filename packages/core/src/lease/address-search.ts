/** Is this address in use on the host, though no lease has it? */
export type IsTaken = (address: string) => boolean

/**
 * How far the search for an address that was never leased has come.
 * @public @since 0.1.0
 */
export interface AddressSearch {
  /** Everything before it was leased at some time, or is in one of the lists. */
  readonly next: bigint
  /** Addresses in use, as `isTaken` says; lowest first. Asked once more, it would say the same. */
  readonly seen: readonly bigint[]
  readonly isTaken: IsTaken | null
  /** Addresses in use as another function said, of which `isTaken` was not asked yet; above those in `seen`. */
  readonly unasked: readonly bigint[]
}
