import { checkArgument, textValue } from '@portolan/netfilter/schema'

/**
 * Names that a call of a live host gets beside its options.
 * @param names - by what each of them is of: `{ network: 'web' }`
 * @throws InvalidRequestError
 */
export const checkNames = (names: Readonly<Record<string, unknown>>): void => {
  for (const [what, name] of Object.entries(names))
    checkArgument(name, textValue(`the name of the ${what}, a text`), `the name of the ${what}`)
}
