import { checkArgument, type ValueKind } from '@portolan/netfilter/schema'

/**
 * Checks the names that a call of a live host gets besides its options.
 * @param names - the names by kind: `{ network: 'web' }`
 * @throws InvalidRequestError
 */
export const checkNames = (names: Readonly<Record<string, unknown>>): void => {
  for (const [what, name] of Object.entries(names))
    checkArgument(name, nameValue(what), `the name of the ${what}`)
}

/** Half of a surrogate pair is no text that a lease or an alias could hold, and `encodeURIComponent` throws. */
const nameValue = (what: string): ValueKind => ({
  expected: `the name of the ${what}, a well-formed text`,
  holds: (value) => typeof value === 'string' && !/\p{Surrogate}/u.test(value),
})
