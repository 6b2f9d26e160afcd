/** NaN and the infinities, which JSON writes as null. */
export const isNoJsonNumber = (value: unknown): boolean =>
  typeof value === 'number' && !Number.isFinite(value)
