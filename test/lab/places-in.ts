/** A key of an object, or a place in a list. */
export type Step = string | number

/** The ways to all values of a value, itself first. */
export const placesIn = (value: unknown, way: readonly Step[] = []): readonly (readonly Step[])[] =>
  typeof value !== 'object' || value === null
    ? [way]
    : [
        way,
        ...Object.entries(value).flatMap(([key, one]) =>
          placesIn(one, [...way, Array.isArray(value) ? Number(key) : key]),
        ),
      ]

/** The same value with another one at a place. */
export const put = (value: unknown, [step, ...rest]: readonly Step[], one: unknown): unknown => {
  if (step === undefined) return one
  if (Array.isArray(value)) return value.map((old, at) => (at === step ? put(old, rest, one) : old))
  const old = value as Readonly<Record<string, unknown>>
  return { ...old, [step]: put(old[step], rest, one) }
}
