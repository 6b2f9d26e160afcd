import type { Family } from '@portolan/netfilter'
import type { ExtensionOption, Quoting } from '../../model/option/extension.ts'

/** Reads an argument and returns it as iptables-save prints it; null when it is not of this kind. */
export type Reader = (text: string, family: Family) => string | null

/** The form of an option of a module or target. */
export interface OptionGrammar {
  readonly name: string
  /** Other full names of the option. */
  readonly aliases: readonly string[]
  /** A reader for each argument. */
  readonly values: readonly Reader[]
  readonly negatable: boolean
  readonly quoting: Quoting
  readonly required: boolean
  /** True: the argument may be left out. */
  readonly optional: boolean
  /** The argument that is a default and is not printed, unless negated. Null: none. */
  readonly silent: string | null
}

/**
 * Completes and checks options together: adds the defaults that the kernel lists. Null: iptables refuses the
 * combination.
 */
export type Settle = (
  options: readonly ExtensionOption[],
  family: Family,
) => readonly ExtensionOption[] | null

/** The options of one module or target, in the order in which iptables-save prints them. */
export interface Grammar {
  readonly options: readonly OptionGrammar[]
  readonly byName: ReadonlyMap<string, OptionGrammar>
  readonly rank: ReadonlyMap<string, number>
  readonly settle: Settle
  /** The protocols of which `-p` must name one for these options; null: any. */
  readonly protocols: (options: readonly ExtensionOption[]) => readonly string[] | null
  /** True: options may be repeated, and keep their order (`--next` of policy). */
  readonly repeats: boolean
}

interface OptionExtras {
  readonly aka?: readonly string[]
  readonly not?: boolean
  readonly quoting?: Quoting
  readonly required?: boolean
  readonly optional?: boolean
  readonly silent?: string
}

/** An option with arguments. */
export const takes = (
  name: string,
  values: Reader | readonly Reader[],
  extras: OptionExtras = {},
): OptionGrammar => ({
  name,
  aliases: extras.aka ?? [],
  values: typeof values === 'function' ? [values] : values,
  negatable: extras.not ?? false,
  quoting: extras.quoting ?? 'bare',
  required: extras.required ?? false,
  optional: extras.optional ?? false,
  silent: extras.silent ?? null,
})

/** An option without arguments. */
export const flag = (name: string, extras: OptionExtras = {}): OptionGrammar => takes(name, [], extras)

export const grammar = (
  options: readonly OptionGrammar[],
  extras: {
    readonly settle?: Settle
    readonly protocols?: readonly string[] | Grammar['protocols']
    readonly repeats?: boolean
  } = {},
): Grammar => {
  const { settle = (given) => given, protocols = null, repeats = false } = extras
  return {
    options,
    byName: new Map(
      options.flatMap((option) => [option.name, ...option.aliases].map((name) => [name, option] as const)),
    ),
    rank: new Map(options.map((option, index) => [option.name, index])),
    settle,
    protocols: typeof protocols === 'function' ? protocols : () => protocols,
    repeats,
  }
}

/** Finds an option by its name, or by a beginning that only one option has, as getopt_long(3) does. */
export const findOption = (
  of: Grammar,
  name: string,
  match: 'exact' | 'beginning',
): OptionGrammar | undefined => {
  if (match === 'exact') return of.byName.get(name)
  let found: OptionGrammar | undefined
  for (const [known, option] of of.byName) {
    if (!known.startsWith(name) || option === found) continue
    if (found !== undefined) return undefined
    found = option
  }
  return found
}

/** Makes an option that `settle` adds. */
export const added = (name: string, ...values: readonly string[]): ExtensionOption => ({
  name,
  negated: false,
  values,
  quoting: 'bare',
})

/** The number of options with one of these names. */
export const countOf = (options: readonly ExtensionOption[], ...names: readonly string[]): number =>
  options.filter((option) => names.includes(option.name)).length

/** Requires exactly one of these options. */
export const exactlyOne =
  (...names: readonly string[]): Settle =>
  (options) =>
    countOf(options, ...names) === 1 ? options : null

/** Allows at most one of these options. */
export const atMostOne =
  (...names: readonly string[]): Settle =>
  (options) =>
    countOf(options, ...names) <= 1 ? options : null

/** Requires at least one option. */
export const atLeastOne: Settle = (options) => (options.length > 0 ? options : null)

/** Applies several `settle` functions, one after another. */
export const inTurn =
  (...settles: readonly Settle[]): Settle =>
  (options, family) =>
    settles.reduce<readonly ExtensionOption[] | null>(
      (given, settle) => (given === null ? null : settle(given, family)),
      options,
    )

/** Adds an option that the kernel lists even where it was not given. */
export const byDefault =
  (name: string, value: string | Readonly<Record<Family, string>>): Settle =>
  (options, family) =>
    countOf(options, name) > 0
      ? options
      : [...options, added(name, typeof value === 'string' ? value : value[family])]
