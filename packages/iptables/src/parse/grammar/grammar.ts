import type { Family } from '@portolan/netfilter'
import type { ExtensionOption, Quoting } from '../../model/option/extension.ts'

/** An argument as iptables-save prints it; null when it is not one of its kind. */
export type Reader = (text: string, family: Family) => string | null

/** What a module's or a target's option looks like. */
export interface OptionGrammar {
  readonly name: string
  /** Other names of it, in full. */
  readonly aliases: readonly string[]
  /** One for each argument. */
  readonly values: readonly Reader[]
  readonly negatable: boolean
  readonly quoting: Quoting
  readonly required: boolean
  /** The argument may be left out. */
  readonly optional: boolean
  /** An argument that is not printed, unless negated: it says nothing. */
  readonly silent: string | null
}

/**
 * What options need of one another: fills in the defaults that the kernel lists, and refuses (null) what iptables
 * refuses.
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
  /** What `-p` must be for these options; null: it does not matter. */
  readonly protocols: (options: readonly ExtensionOption[]) => readonly string[] | null
  /** Options may come again and stay where they stand (`--next` of policy). */
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

/** By its name, or by an unmistakable beginning of it, as getopt_long(3) takes it. */
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

/** An option that settling adds. */
export const added = (name: string, ...values: readonly string[]): ExtensionOption => ({
  name,
  negated: false,
  values,
  quoting: 'bare',
})

/** How many of these are given. */
export const countOf = (options: readonly ExtensionOption[], ...names: readonly string[]): number =>
  options.filter((option) => names.includes(option.name)).length

/** Exactly one of these has to be given. */
export const exactlyOne =
  (...names: readonly string[]): Settle =>
  (options) =>
    countOf(options, ...names) === 1 ? options : null

/** One of these may be given. */
export const atMostOne =
  (...names: readonly string[]): Settle =>
  (options) =>
    countOf(options, ...names) <= 1 ? options : null

/** At least one option has to be given. */
export const atLeastOne: Settle = (options) => (options.length > 0 ? options : null)

/** One after another. */
export const inTurn =
  (...settles: readonly Settle[]): Settle =>
  (options, family) =>
    settles.reduce<readonly ExtensionOption[] | null>(
      (given, settle) => (given === null ? null : settle(given, family)),
      options,
    )

/** An option that the kernel lists even where it was not given. */
export const byDefault =
  (name: string, value: string | Readonly<Record<Family, string>>): Settle =>
  (options, family) =>
    countOf(options, name) > 0
      ? options
      : [...options, added(name, typeof value === 'string' ? value : value[family])]
