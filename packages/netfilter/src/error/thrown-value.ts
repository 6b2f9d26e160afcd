/**
 * The code of a thrown value, such as ENOENT of a file that is not there. Anything may be thrown, so the value is
 * `unknown`. Empty: it has no code.
 * @example
 * errorCode(Object.assign(new Error('no such file'), { code: 'ENOENT' })) // 'ENOENT'
 * @public @since 0.1.0
 */
export const errorCode = (thrown: unknown): string =>
  typeof thrown === 'object' && thrown !== null && 'code' in thrown && typeof thrown.code === 'string'
    ? thrown.code
    : ''

/**
 * The message of a thrown value. A value that is no error is its own message.
 * @example
 * errorMessage(new Error('no such file')) // 'no such file'
 * @public @since 0.1.0
 */
export const errorMessage = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : String(thrown)
