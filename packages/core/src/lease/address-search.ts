/** Is this address in use on the host without a lease? */
export type IsTaken = (address: string) => boolean

/**
 * How far the search for a never leased address has come.
 * @public @since 0.1.0
 */
export interface AddressSearch {
  /** Every lower address was leased once, or is in one of the lists. */
  readonly next: bigint
  /** Addresses in use by the answers of `isTaken`, lowest first. A second call would give the same answer. */
  readonly seen: readonly bigint[]
  readonly isTaken: IsTaken | null
  /**
   * Addresses in use by another function's answers, all above those in `seen`. `isTaken` was not yet called for them.
   */
  readonly unasked: readonly bigint[]
}
