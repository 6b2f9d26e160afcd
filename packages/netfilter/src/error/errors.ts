import { PortolanError, type Refusal, type RefusalOptions } from './portolan-error.ts'
import { printable } from './printable.ts'

/**
 * A position in a text. `line` and `column` count from 1.
 * @public @since 0.1.0
 */
export interface SourcePosition {
  readonly source: string
  readonly line: number
  readonly column: number
}

/**
 * A position as text, in the form that begins a message.
 * @example
 * placeText({ source: 'compose.yaml', line: 3, column: 5 }) // 'compose.yaml:3:5'
 * @public @since 0.1.0
 */
export const placeText = ({ source, line, column }: SourcePosition): string => `${source}:${line}:${column}`

/** The most characters of a snippet. A line of a hostile file may have many megabytes. */
const longestSnippet = 200

/**
 * A text (ruleset, address, port mapping) that cannot be read.
 * @example
 * const broken = () => readCompose('services: {web: {ports: [8080:', { source: 'compose.yaml' })
 * try {
 *   broken()
 * } catch (error) {
 *   if (error instanceof ParseError) console.log(`${error.source}:${error.line}`) // compose.yaml:1
 * }
 * @public @since 0.1.0
 */
export class ParseError extends PortolanError {
  readonly source: string
  readonly line: number
  readonly column: number
  /** The message without its place. */
  readonly fault: string
  /** The offending line, or the part of it that matters. */
  readonly snippet: string

  constructor(message: string, place: SourcePosition, snippet: string, options?: { cause?: unknown }) {
    super('PARSE', `${placeText(place)}: ${message}`, options)
    this.source = place.source
    this.line = place.line
    this.column = place.column
    this.fault = printable(message)
    this.snippet = snippet.slice(0, longestSnippet)
  }
}

/**
 * An intent (a Compose file, or a value handed to the API) that says something impossible or unknown.
 * `line` and `column` are null when it did not come from a text.
 * @example
 * try {
 *   readCompose('services: {web: {ports: ["80:99999"]}}', { source: 'compose.yaml', project: 'shop' })
 * } catch (error) {
 *   if (error instanceof IntentError) console.log(error.line) // 1
 * }
 * @public @since 0.1.0
 */
export class IntentError extends PortolanError {
  readonly source: string | null
  readonly line: number | null
  readonly column: number | null
  /** The message without its place. */
  readonly fault: string

  constructor(message: string, place: SourcePosition | null, options?: { cause?: unknown }) {
    super('INTENT', place === null ? message : `${placeText(place)}: ${message}`, options)
    this.source = place?.source ?? null
    this.line = place?.line ?? null
    this.column = place?.column ?? null
    this.fault = printable(message)
  }
}

/**
 * A request that makes no sense on any host: an unknown option, a pool that cannot be cut.
 * @example
 * try {
 *   parsePool('10.0.0.0/8:33')
 * } catch (error) {
 *   if (error instanceof InvalidRequestError) console.log(error.code) // INVALID_REQUEST
 * }
 * @public @since 0.1.0
 */
export class InvalidRequestError extends PortolanError {
  constructor(message: string | Refusal, options?: RefusalOptions) {
    super('INVALID_REQUEST', message, options)
  }
}

/**
 * A command that reads the host failed.
 * @example
 * const runner = { run: async () => ({ exitCode: 1, stdout: '', stderr: 'Operation not supported' }) }
 * const intent = readCompose('services: {web: {ports: ["8080:80"]}}', { source: 'compose.yaml', project: 'shop' })
 * try {
 *   await plan(intent, { facts: {}, backend: 'nftables', runner })
 * } catch (error) {
 *   if (error instanceof InspectError) console.log(error.stderr) // Operation not supported
 * }
 * @public @since 0.1.0
 */
export class InspectError extends PortolanError {
  readonly command: string
  readonly exitCode: number | null
  readonly stderr: string

  constructor(
    message: string | Refusal,
    details: { command: string; exitCode: number | null; stderr: string },
    options?: RefusalOptions,
  ) {
    super('INSPECT', message, options)
    this.command = details.command
    this.exitCode = details.exitCode
    this.stderr = details.stderr
  }
}

/**
 * A program that is needed is not installed.
 * @example
 * const runner: Runner = {
 *   run: async (program) => {
 *     throw new MissingToolError(program, 'nftables')
 *   },
 * }
 * const intent = readCompose('services: {web: {ports: ["8080:80"]}}', { source: 'compose.yaml', project: 'shop' })
 * try {
 *   await plan(intent, { facts: {}, backend: 'nftables', runner })
 * } catch (error) {
 *   if (error instanceof MissingToolError) console.log(error.package) // nftables
 * }
 * @public @since 0.1.0
 */
export class MissingToolError extends PortolanError {
  readonly tool: string
  /** The Debian package that brings it. */
  readonly package: string
  /** A sentence about what is on the host and unreadable without the tool. Absent: nothing is known to be there. */
  readonly unread?: string

  constructor(tool: string, packageName: string, options: { cause?: unknown; unread?: string } = {}) {
    const { unread, ...causes } = options
    const problem = [...(unread === undefined ? [] : [unread]), `${tool} is not installed.`].join(' ')
    const remedy = (): string => `Install the package ${packageName} and run this again.`
    super('MISSING_TOOL', { problem, remedy }, causes)
    this.tool = tool
    this.package = packageName
    if (unread !== undefined) this.unread = unread
  }
}

/**
 * The process lacks a privilege.
 * @example
 * const report = (error: unknown): string =>
 *   error instanceof PermissionError ? `run this with ${error.needs}` : String(error)
 * report(new PermissionError('Changing rules is not allowed.', 'CAP_NET_ADMIN')) // 'run this with CAP_NET_ADMIN'
 * @public @since 0.1.0
 */
export class PermissionError extends PortolanError {
  /** The capability, as capabilities(7) names it: `CAP_NET_ADMIN`. */
  readonly needs: string

  constructor(message: string | Refusal, needs: string, options?: RefusalOptions) {
    super('PERMISSION', message, options)
    this.needs = needs
  }
}

/**
 * The host changed between plan and apply.
 * @example
 * const intent = readCompose('services: {web: {ports: ["8080:80"]}}', { source: 'compose.yaml', project: 'shop' })
 * const older = await plan(intent, { backend: 'nftables' })
 * await apply(await plan(intent, { backend: 'nftables' }))
 * try {
 *   await apply(older)
 * } catch (error) {
 *   if (error instanceof StaleStateError) await apply(await plan(intent, { backend: 'nftables' }))
 * }
 * @public @since 0.1.0
 */
export class StaleStateError extends PortolanError {
  /** What changed, for a caller that follows the advice at once. Null: the message has no separate advice. */
  readonly happened: string | null

  /** @param options - `advice`: what to do; the end of the message */
  constructor(message: string, options?: { cause?: unknown; advice?: string }) {
    const advice = options?.advice
    super('STALE_STATE', advice === undefined ? message : `${message}; ${advice}.`, options)
    this.happened = advice === undefined ? null : message
  }
}

/**
 * A change was refused. `applied` lists the descriptions of the changes made before it, in order.
 * @example
 * const report = (error: unknown): string =>
 *   error instanceof ApplyError ? `${error.applied.length} changes are in force` : String(error)
 * report(new ApplyError('The kernel refused.', { applied: ['Add chain web.'], stderr: '' })) // '1 changes are in force'
 * @public @since 0.1.0
 */
export class ApplyError extends PortolanError {
  readonly applied: readonly string[]
  /** The refusing program's or kernel's own words. */
  readonly stderr: string
  /** The line of the script that was refused, where it is known. */
  readonly offending: string | null
  /** False: the refused change may be in force, wholly or in part, since its program ended without an answer. */
  readonly certain: boolean

  constructor(
    message: string | Refusal,
    details: {
      applied: readonly string[]
      stderr: string
      offending?: string | null
      certain?: boolean
    },
    options?: RefusalOptions,
  ) {
    super('APPLY', message, options)
    this.applied = details.applied
    this.stderr = details.stderr
    this.offending = details.offending ?? null
    this.certain = details.certain ?? true
  }
}
