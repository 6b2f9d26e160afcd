import type { ExitCode } from './exit-code.ts'
import type { OptionName, Options } from './options/option-table.ts'
import type { ValueKind } from './options/option-values.ts'
import type { Terminal } from './output/terminal.ts'

/** What a command is given. */
export interface CommandContext {
  readonly options: Options
  readonly positionals: readonly string[]
  readonly terminal: Terminal
}

/** One line for a shell, and what it does. */
export interface Example {
  readonly line: string
  readonly does: string
}

/** One command: how it is written, what it takes, and the code behind it, loaded when it runs. */
export interface Command {
  readonly usage: string
  readonly summary: string
  /** Lines for its own help, under the summary. */
  readonly more?: readonly string[]
  /** Lines for a shell, each with what it does: for its help and the man page. A test runs them. */
  readonly examples: readonly [Example, Example]
  readonly options: readonly OptionName[]
  /** What an option means to this command, where that differs. */
  readonly meaning?: Readonly<Partial<Record<OptionName, string>>>
  /** What an option without a value comes to with this command alone. */
  readonly fallback?: Readonly<Partial<Record<OptionName, string>>>
  /** Options that say nothing without another one. */
  readonly needs?: Readonly<Partial<Record<OptionName, OptionName>>>
  /** How many words it takes beside its options. */
  readonly positionals: number
  /** What such a word is, for completion. */
  readonly completes?: ValueKind | readonly string[]
  readonly load: () => Promise<{ readonly run: (context: CommandContext) => Promise<ExitCode> }>
}
