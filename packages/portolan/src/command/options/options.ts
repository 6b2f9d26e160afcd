import { parseArgs } from 'node:util'
import { InvalidRequestError, tryParseHostOrPrefix } from '@portolan/netfilter'
import { didYouMean } from '../../text/closest.ts'
import { type Options, optionNames, optionTable } from './option-table.ts'

/** The options that may be given more than once. */
const severalTimes = Object.fromEntries(Object.entries(optionTable).filter(([, one]) => 'multiple' in one))

/** The words after the command's name. */
export interface Words {
  readonly options: Options
  readonly positionals: readonly string[]
}

/**
 * Reads the words of a command line.
 * @param known - the options for which an unknown one may be a misspelling
 * @throws InvalidRequestError for an unknown option, or one without its value
 */
export const parseWords = (words: readonly string[], known: readonly string[] = optionNames): Words => {
  try {
    const { values, positionals, tokens } = parseArgs({
      args: words.map(asVersion),
      options: optionTable,
      allowPositionals: true,
      tokens: true,
    })
    refuseContradiction(tokens)
    return { options: values, positionals }
  } catch (cause) {
    // parseArgs throws nothing but a TypeError.
    const why = (cause as TypeError).message
    throw new InvalidRequestError(
      `${mistake(why)}${guessFor(words, known)} \`portolan COMMAND --help\` lists the options.`,
      { cause },
    )
  }
}

/** Many programs have `-v` for the version. */
const asVersion = (word: string): string => (word === '-v' ? '-V' : word)

/** A guess at the first unknown option; empty where all options are known. */
const guessFor = (words: readonly string[], known: readonly string[]): string => {
  const { tokens } = parseArgs({ args: [...words], options: optionTable, strict: false, tokens: true })
  const unknown = tokens.find((token) => token.kind === 'option' && !Object.hasOwn(optionTable, token.name))
  if (unknown?.kind !== 'option') return ''
  return didYouMean(unknown.name, known, (option) => `--${option}`)
}

interface Token {
  readonly kind: string
  readonly name?: string
  readonly value?: string | undefined
}

/**
 * Refuses an option that is given twice with two values. parseArgs takes the last value and drops the others. So
 * `destroy -p shop -p blog` would remove one project, and be taken for the removal of both.
 * @throws TypeError, as parseArgs does
 */
const refuseContradiction = (tokens: readonly Token[]): void => {
  const given = new Map<string, string>()
  for (const { kind, name, value } of tokens) {
    if (kind !== 'option' || name === undefined || value === undefined || name in severalTimes) continue
    const before = given.get(name)
    if (before !== undefined && before !== value)
      throw new TypeError(
        `Option '--${name}' is given twice, with ${JSON.stringify(before)} and ${JSON.stringify(value)}: give it once`,
      )
    given.set(name, value)
  }
}

/**
 * Words a mistake. Node has two sentences for a missing value, one of them for a value that starts with a dash. Here
 * they become one.
 */
const mistake = (why: string): string => {
  const [, name] = /^Option '(.+?)(?: <value>)?' argument (?:missing|is ambiguous)/.exec(why) ?? []
  if (name !== undefined)
    return `Option '${name}' needs a value (one that starts with a dash is written with =).`
  const end = why.search(/\.(\s|$)/)
  return `${end === -1 ? why : why.slice(0, end)}.`
}

/**
 * A whole number given as an option.
 * @throws InvalidRequestError when it is something else, or outside its bounds
 */
export const wholeNumber = (
  options: Options,
  name: 'count' | 'size' | 'mtu' | 'metric' | 'grace',
  bounds: { readonly from: number; readonly to: number },
): number | null => {
  const text = options[name]
  if (text === undefined) return null
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= bounds.from && value <= bounds.to)) {
    throw new InvalidRequestError(
      `--${name} ${text}: expected a whole number from ${bounds.from} to ${bounds.to}.`,
    )
  }
  return value
}

/**
 * The ranges to avoid and not to avoid, checked.
 * @throws InvalidRequestError when one is neither an address nor a prefix
 */
export const ranges = ({ reserve, allow }: Options): Pick<Options, 'reserve' | 'allow'> => {
  for (const [name, texts] of Object.entries({ reserve, allow })) {
    const wrong = texts?.find((text) => tryParseHostOrPrefix(text) === null)
    if (wrong !== undefined) {
      throw new InvalidRequestError(
        `--${name} ${wrong}: expected an address or a prefix, such as 192.0.2.1, 192.0.2.0/24 or 2001:db8::/64.`,
      )
    }
  }
  return { ...(reserve === undefined ? {} : { reserve }), ...(allow === undefined ? {} : { allow }) }
}
