/** A stamp of what was known at one time: how often the host was read, and how many records were known. */
export interface Edition {
  readonly readings: number
  readonly known: number
}

export const isSameEdition = (one: Edition, other: Edition | null): boolean =>
  one.readings === other?.readings && one.known === other.known
