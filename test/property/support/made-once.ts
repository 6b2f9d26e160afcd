import { afterAll } from '@jest/globals'

/** JSON leaves out undefined values, so they get a mark. */
const told = (_: string, value: unknown): unknown => (value === undefined ? '\0undefined' : value)

/**
 * Makes a value once for equal input. The properties of a suite draw the same intents and hosts, because they share one
 * seed, and planning takes longer than the checks of a plan.
 * @param make - depends only on plain data. Its result is shared, so it must not be changed
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
