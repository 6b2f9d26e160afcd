import { parseArgs } from 'node:util'
import { RootCommand, ShellCompDirective } from '@bomb.sh/tab'
import type { Command } from '../command.ts'
import { commands } from '../commands.ts'
import { type OptionName, optionTable } from '../options/option-table.ts'
import { closedValues, namedValues, openValues, type ValueKind } from '../options/option-values.ts'
import type { Terminal } from '../output/terminal.ts'
import { namesOf } from './names.ts'
import type { WordsGiven } from './words-given.ts'

/**
 * Prints how the last word of a command line may go on, in the form that the scripts of `portolan completion` read.
 * Each line has a word, a tab, and what the word means. The last line is a colon and a number. For file names only the
 * number is printed, because the shell knows the files.
 * @param typed - the words behind `portolan`; the last one is being typed, and may be empty
 */
export const complete = async (
  typed: readonly string[],
  terminal: Pick<Terminal, 'print'>,
): Promise<void> => {
  const place = placeOf(typed)
  if (place === 'file' || place === 'folder') {
    const { ShellCompDirectiveDefault: files, ShellCompDirectiveFilterDirs: folders } = ShellCompDirective
    terminal.print(`:${place === 'file' ? files : folders}`)
    return
  }
  shellCommand(await offersFor(place, typed)).parse([...typed])
}

type Place = Command['completes'] | null

/** Words that are offered, each with its meaning or an empty text. */
type Offers = readonly (readonly [word: string, meaning: string])[]

const offersFor = async (
  place: Exclude<Place, 'file' | 'folder'>,
  typed: readonly string[],
): Promise<Offers> => {
  if (place === null || place === undefined) return []
  if (place === 'command') return commandOffers
  if (typeof place === 'object' && !isList(place)) return Object.entries(place)
  const words = isList(place) ? place : await namesOf(place, wordsGiven(typed))
  return words.map((word) => [word, ''])
}

const isList = (value: unknown): value is readonly string[] => Array.isArray(value)

const helpSummary = 'The options and examples of a command.'

const commandOffers: Offers = [
  ...Object.entries(commands).map(([name, { summary }]) => [name, summary] as const),
  ['help', helpSummary],
]

/** The kind or the values of which the last word is one; null: the word is a command or an option. */
const placeOf = (typed: readonly string[]): Place => {
  const word = typed.at(-1) ?? ''
  const [, assigned] = /^--([a-z0-9-]+)=/.exec(word) ?? []
  const option = optionNamed(assigned === undefined ? (typed.at(-2) ?? '') : `--${assigned}`)
  if (option !== null && takesValue(option) && (assigned !== undefined || !word.startsWith('-')))
    return closedValues[option] ?? openValues[option] ?? kindOf(option, word) ?? []
  if (word.startsWith('-')) return null
  const [name, ...before] = wordsGiven(typed).positionals
  if (name === 'help') return before.length === 0 ? 'command' : []
  const command = commandNamed(name)
  return command === null || before.length >= command.positionals ? null : (command.completes ?? null)
}

/** A namespace is written by its name, or by the path of its file. */
const kindOf = (option: OptionName, word: string): ValueKind | undefined => {
  const kind = namedValues[option]
  return kind === 'namespace' && word.includes('/') ? 'file' : kind
}

const commandNamed = (name: string | undefined): Command | null =>
  name !== undefined && Object.hasOwn(commands, name) ? (commands[name] ?? null) : null

const optionNamed = (word: string): OptionName | null => {
  const found = Object.entries(optionTable).find(
    ([name, option]) => word === `--${name}` || ('short' in option && word === `-${option.short}`),
  )
  return (found?.[0] as OptionName | undefined) ?? null
}

const takesValue = (option: OptionName): boolean => optionTable[option].type === 'string'

const wordsGiven = (typed: readonly string[]): WordsGiven =>
  parseArgs({ args: typed.slice(0, -1), options: optionTable, allowPositionals: true, strict: false })

/** The commands in the form of the completion library. Whatever a word is a value of, its values are `offers`. */
const shellCommand = (offers: Offers): RootCommand => {
  const root = new RootCommand()
  const offer = (take: (value: string, description: string) => void): void => {
    for (const [word, meaning] of offers) take(word, meaning)
  }
  for (const [name, command] of Object.entries(commands)) {
    const one = root.command(name, command.summary)
    if (command.positionals > 0) one.argument('word', offer)
    for (const option of command.options) {
      const { help, ...rest } = optionTable[option]
      const short = 'short' in rest ? rest.short : undefined
      if (takesValue(option)) one.option(option, command.meaning?.[option] ?? help, offer, short)
      else if (short === undefined) one.option(option, command.meaning?.[option] ?? help)
      else one.option(option, command.meaning?.[option] ?? help, short)
    }
  }
  // Before a command is typed, the command line has only these options.
  for (const option of ['help', 'version'] as const)
    root.option(option, optionTable[option].help, optionTable[option].short)
  root.command('help', helpSummary).argument('command', offer)
  return root
}
