/** A key of an object, or a place in a list. */
export type Step = string | number

/** The paths to all values inside a value, its own (empty) path first. */
export const placesIn = (value: unknown, way: readonly Step[] = []): readonly (readonly Step[])[] =>
  typeof value !== 'object' || value === null
    ? [way]
    : [
        way,
        ...Object.entries(value).flatMap(([key, one]) =>
          placesIn(one, [...way, Array.isArray(value) ? Number(key) : key]),
        ),
      ]

/** A copy of the value in which the value at a path is replaced. */
export const put = (value: unknown, [step, ...rest]: readonly Step[], one: unknown): unknown => {
  if (step === undefined) return one
  if (Array.isArray(value)) return value.map((old, at) => (at === step ? put(old, rest, one) : old))
  const old = value as Readonly<Record<string, unknown>>
  return { ...old, [step]: put(old[step], rest, one) }
}
