import { printable } from './printable.ts'
import { commandWording, type Wording } from './wording.ts'

/**
 * The problem and the remedy of a refusal. They are separate: an engine shows them separately, and its user applies the
 * remedy by other means than the command.
 * @public @since 0.1.0
 */
export interface Refusal {
  /** What is wrong and why, in whole sentences. */
  readonly problem: string
  /** What to do, in whole sentences; empty where nothing helps. */
  readonly remedy: (wording: Wording) => string
}

/**
 * The base of every error Portolan throws. `code` is stable and meant for programs; `message` says what
 * happened, why, and what to do, and is meant for people. Characters that do not show are written out (`\u{202e}`).
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
  readonly #refusal: Refusal

  /**
   * @param told - the message, or the refusal it is made of. The message has the remedy in the words of the command
   * @param options - `wording`: other words for the remedy in the message
   */
  constructor(code: string, told: string | Refusal, options?: RefusalOptions) {
    const refusal = typeof told === 'string' ? { problem: told, remedy: () => '' } : told
    super(printable(inOneText(refusal, options?.wording)), options)
    this.name = new.target.name
    this.code = code
    this.#refusal = { ...refusal, problem: printable(refusal.problem) }
  }

  /**
   * The problem without the remedy, where the two are known apart.
   * @example
   * new PortolanError('STATE', { problem: 'The disk is full.', remedy: () => 'Make room.' }).problem // 'The disk is full.'
   */
  get problem(): string {
    return this.#refusal.problem
  }

  /**
   * The remedy, in the words of the program that the user calls; empty where `problem` has it all.
   * @example
   * new PortolanError('STATE', { problem: 'The disk is full.', remedy: () => 'Make room.' }).remedy() // 'Make room.'
   */
  remedy(wording: Wording = commandWording): string {
    return printable(this.#refusal.remedy(wording))
  }

  /** What `--json` prints under `error`; subclasses add their own fields. */
  toJSON(): Record<string, unknown> {
    const { name: _name, cause: _cause, stack: _stack, ...fields } = this as Record<string, unknown> & Error
    return { ...fields, code: this.code, message: this.message }
  }
}

/** @public @since 0.1.0 */
export interface RefusalOptions {
  readonly cause?: unknown
  readonly wording?: Wording | undefined
}

const inOneText = ({ problem, remedy }: Refusal, wording: Wording = commandWording): string =>
  [problem, remedy(wording)].filter((part) => part !== '').join(' ')

/**
 * A thrown value as one text, problem and remedy, in the words of another program than the command.
 * @example
 * messageFor(new PortolanError('STATE', { problem: 'The disk is full.', remedy: () => 'Make room.' }), commandWording)
 * // 'The disk is full. Make room.'
 * @public @since 0.1.0
 */
export const messageFor = (thrown: unknown, wording: Wording): string => {
  if (!(thrown instanceof PortolanError)) return thrown instanceof Error ? thrown.message : String(thrown)
  return inOneText({ problem: thrown.problem, remedy: () => thrown.remedy(wording) })
}
