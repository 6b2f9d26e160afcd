/**
 * How an argument is written: `bare` as it is, `if-needed` in quotes unless made of letters, digits, `-` and `_`,
 * `always` in quotes.
 * @public @since 0.1.0
 */
export type Quoting = 'bare' | 'if-needed' | 'always'

/**
 * One option of a match or target, in the form in which the kernel returns it.
 * @public @since 0.1.0
 */
export interface ExtensionOption {
  /** The full name, without dashes. */
  readonly name: string
  readonly negated: boolean
  /** Without quotes. */
  readonly values: readonly string[]
  readonly quoting: Quoting
}

/** The option of that name. */
export const optionOf = (options: readonly ExtensionOption[], name: string): ExtensionOption | undefined =>
  options.find((option) => option.name === name)

/** The first argument of the option of that name. */
export const argumentOf = (options: readonly ExtensionOption[], name: string): string | undefined =>
  optionOf(options, name)?.values[0]
