import { afterAll } from '@jest/globals'

/** JSON leaves out what is undefined. */
const told = (_: string, value: unknown): unknown => (value === undefined ? '\0undefined' : value)

/**
 * Makes a thing once of equal input. The properties of a suite draw the same intents and hosts, as all have one seed, and
 * planning takes longer than what is asked of the plan.
 * @param make - of plain data alone; what it makes is shared, so it is not to be changed
 */
export const madeOnce = <Input extends readonly unknown[], Made>(
  make: (...input: Input) => Made,
): ((...input: Input) => Made) => {
  const made = new Map<string, { readonly thing: Made }>()
  afterAll(() => made.clear())
  return (...input) => {
    const key = JSON.stringify(input, told)
    const found = made.get(key) ?? { thing: make(...input) }
    made.set(key, found)
    return found.thing
  }
}
