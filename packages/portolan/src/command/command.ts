import type { ExitCode } from './exit-code.ts'
import type { OptionName, Options } from './options/option-table.ts'
import type { ValueKind } from './options/option-values.ts'
import type { Terminal } from './output/terminal.ts'

/** The arguments of a command. */
export interface CommandContext {
  readonly options: Options
  readonly positionals: readonly string[]
  readonly terminal: Terminal
}

/** A line for a shell, and what it does. */
export interface Example {
  readonly line: string
  readonly does: string
}

/** A command: its usage, its options, and its code, which is loaded when the command runs. */
export interface Command {
  readonly usage: string
  readonly summary: string
  /** Lines for the help of the command, under the summary. */
  readonly more?: readonly string[]
  /** Lines for a shell, each with what it does: for its help and the man page. A test runs them. */
  readonly examples: readonly [Example, Example]
  readonly options: readonly OptionName[]
  /** The meaning of an option in this command, where it differs. */
  readonly meaning?: Readonly<Partial<Record<OptionName, string>>>
  /** The default of an option in this command, where it differs. */
  readonly fallback?: Readonly<Partial<Record<OptionName, string>>>
  /** Options that have no effect without another one. */
  readonly needs?: Readonly<Partial<Record<OptionName, OptionName>>>
  /** The number of words besides the options. */
  readonly positionals: number
  /** What such a word names, for completion: names of a kind, or words, each with what it means. */
  readonly completes?: ValueKind | readonly string[] | Readonly<Record<string, string>>
  readonly load: () => Promise<{ readonly run: (context: CommandContext) => Promise<ExitCode> }>
}
