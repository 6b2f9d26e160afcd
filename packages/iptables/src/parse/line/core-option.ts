import type { Word } from './split-words.ts'

/** The options of iptables itself, which belong to no module. */
export type CoreOption =
  | 'source'
  | 'destination'
  | 'in'
  | 'out'
  | 'protocol'
  | 'fragment'
  | 'match'
  | 'jump'
  | 'goto'
  | 'counters'
  | 'ipv4'
  | 'ipv6'

const options: ReadonlyMap<string, CoreOption> = new Map<string, CoreOption>([
  ['-s', 'source'],
  ['--source', 'source'],
  ['--src', 'source'],
  ['-d', 'destination'],
  ['--destination', 'destination'],
  ['--dst', 'destination'],
  ['-i', 'in'],
  ['--in-interface', 'in'],
  ['-o', 'out'],
  ['--out-interface', 'out'],
  ['-p', 'protocol'],
  ['--protocol', 'protocol'],
  ['-f', 'fragment'],
  ['--fragments', 'fragment'],
  ['-m', 'match'],
  ['--match', 'match'],
  ['-j', 'jump'],
  ['--jump', 'jump'],
  ['-g', 'goto'],
  ['--goto', 'goto'],
  ['-c', 'counters'],
  ['--set-counters', 'counters'],
  ['-4', 'ipv4'],
  ['--ipv4', 'ipv4'],
  ['-6', 'ipv6'],
  ['--ipv6', 'ipv6'],
])

/** An option of iptables itself, with the argument attached to it (`-s192.0.2.1`, `--source=192.0.2.1`). */
export interface CoreWord {
  readonly option: CoreOption
  readonly attached: string | null
}

const plain: ReadonlyMap<string, CoreWord> = new Map(
  [...options].map(([name, option]) => [name, { option, attached: null }]),
)

/** The option that a word is; undefined when the word is no option, or is quoted and so an argument. */
export const coreWord = (word: Word | undefined): CoreWord | undefined => {
  if (word === undefined || word.quoted || word.text.charCodeAt(0) !== 45) return undefined
  const known = plain.get(word.text)
  if (known !== undefined) return known
  const { text } = word
  if (!text.startsWith('--')) {
    const option = /^-[sdiopmjg]/.test(text) ? options.get(text.slice(0, 2)) : undefined
    return option === undefined ? undefined : { option, attached: text.slice(2) }
  }
  const equals = text.indexOf('=')
  const option = equals < 0 ? undefined : options.get(text.slice(0, equals))
  return option === undefined ? undefined : { option, attached: text.slice(equals + 1) }
}

/** A long option that is shortened, such as `--proto`, where only one option has this beginning. */
export const coreBeginning = (word: Word): CoreOption | undefined => {
  if (word.quoted || !/^--[a-z]/.test(word.text)) return undefined
  const found = new Set<CoreOption>()
  for (const [name, option] of options) if (name.startsWith(word.text)) found.add(option)
  const [only, ...more] = found
  return more.length === 0 ? only : undefined
}
