import { checkArgument, textValue } from '@portolan/netfilter/schema'

/**
 * Checks the names that a call of a live host gets besides its options.
 * @param names - the names by kind: `{ network: 'web' }`
 * @throws InvalidRequestError
 */
export const checkNames = (names: Readonly<Record<string, unknown>>): void => {
  for (const [what, name] of Object.entries(names))
    checkArgument(name, textValue(`the name of the ${what}, a text`), `the name of the ${what}`)
}
