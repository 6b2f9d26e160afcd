/** How often the host was read, and how many records of what is wanted were: what was known at one time. */
export interface Edition {
  readonly readings: number
  readonly known: number
}

export const isSameEdition = (one: Edition, other: Edition | null): boolean =>
  one.readings === other?.readings && one.known === other.known
