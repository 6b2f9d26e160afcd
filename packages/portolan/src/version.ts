/**
 * The version of this package. Kept in step with package.json by a test.
 * @example
 * /^\d+\.\d+\.\d+$/.test(version) // true
 * @public @since 0.1.0
 */
export const version = '0.1.0'
