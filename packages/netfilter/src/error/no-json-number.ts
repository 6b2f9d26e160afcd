/** Whether a value is NaN or an infinity, which JSON writes as null. */
export const isNoJsonNumber = (value: unknown): boolean =>
  typeof value === 'number' && !Number.isFinite(value)
