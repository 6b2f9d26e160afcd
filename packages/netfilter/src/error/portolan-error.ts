const longestMessage = 2000

/** Messages quote what was found. One line of a hostile file may have many megabytes. */
const shortened = (message: string): string =>
  message.length <= longestMessage
    ? message
    : `${message.slice(0, longestMessage)}... (${message.length - longestMessage} characters more)`

/**
 * The base of every error Portolan throws. `code` is stable and meant for programs; `message` says what
 * happened, why, and what to do, and is meant for people.
 * @example
 * try {
 *   parsePool('10.0.0.0/8')
 * } catch (error) {
 *   if (error instanceof PortolanError) console.log(error.code) // INVALID_REQUEST
 * }
 * @public @since 0.1.0
 */
export class PortolanError extends Error {
  readonly code: string

  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(shortened(message), options)
    this.name = new.target.name
    this.code = code
  }

  /** What `--json` prints under `error`; subclasses add their own fields. */
  toJSON(): Record<string, unknown> {
    const { name: _name, cause: _cause, stack: _stack, ...fields } = this as Record<string, unknown> & Error
    return { ...fields, code: this.code, message: this.message }
  }
}
