import { InvalidRequestError, PortolanError } from '@portolan/netfilter'
import { didYouMean } from '../text/closest.ts'
import { version } from '../version.ts'
import type { Command } from './command.ts'
import { commands } from './commands.ts'
import { type ExitCode, exitCode } from './exit-code.ts'
import { commandHelp, generalHelp, helpUsage } from './help.ts'
import { InterruptedError } from './interrupted-error.ts'
import type { OptionName } from './options/option-table.ts'
import { closedValues, openValues } from './options/option-values.ts'
import { parseWords, type Words } from './options/options.ts'
import { jsonText } from './output/json-text.ts'
import { sayError } from './output/say-error.ts'
import { openTerminal, type Terminal } from './output/terminal.ts'

/**
 * Runs one command line. Never throws: an error is printed, as text or as JSON, and becomes exit code 1. Control-C at a
 * question becomes exit code 130.
 */
export const run = async (
  words: readonly string[],
  terminal: Terminal = openTerminal(),
): Promise<ExitCode> => {
  try {
    const [first = ''] = words
    // The scripts of `portolan completion` ask this. Words that are still being typed are no command line yet.
    if (first === 'complete' && words[1] === '--') {
      const { complete } = await import('./completion/complete.ts')
      await complete(words.slice(2), terminal)
      return exitCode.ok
    }
    return await dispatch(parseWords(words, optionsFor(words)), terminal)
  } catch (error) {
    reportError(error, words.includes('--json'), terminal)
    return error instanceof InterruptedError ? exitCode.interrupted : exitCode.error
  }
}

/** The options of the command that is written somewhere on the line; undefined: there is none. */
const optionsFor = (words: readonly string[]): readonly string[] | undefined =>
  commands[words.find((word) => Object.hasOwn(commands, word)) ?? '']?.options

const dispatch = async ({ options, positionals }: Words, terminal: Terminal): Promise<ExitCode> => {
  const [name, ...rest] = positionals
  if (options.version === true) {
    terminal.print(version)
    return exitCode.ok
  }
  if (name === 'help') {
    terminal.print(helpOn(options, rest))
    return exitCode.ok
  }
  if (name === undefined && options.help === true) {
    terminal.print(generalHelp())
    return exitCode.ok
  }
  if (name === undefined) {
    if (options.json === true) throw new InvalidRequestError(`a command is missing. ${commandList()}`)
    for (const line of generalHelp().split('\n')) terminal.say(line)
    return exitCode.error
  }
  const command = commandOf(name)
  if (options.help === true) {
    terminal.print(commandHelp(command))
    return exitCode.ok
  }
  checkWords(name, command, options, rest)
  const { run: runCommand } = await command.load()
  return runCommand({ options, positionals: rest, terminal })
}

const commandOf = (name: string): Command => {
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command === undefined) throw unknownCommand(name)
  return command
}

/** `portolan help [COMMAND]`. */
const helpOn = (options: Words['options'], [name, extra]: readonly string[]): string => {
  const usage = `Usage: portolan ${helpUsage}`
  const option = Object.keys(options).find((one) => one !== 'help' && one !== 'json')
  if (option !== undefined)
    throw new InvalidRequestError(`\`portolan help\` has no option --${option}. ${usage}`)
  if (extra !== undefined)
    throw new InvalidRequestError(`${JSON.stringify(extra)} is one word too many. ${usage}`)
  return name === undefined || name === 'help' ? generalHelp() : commandHelp(commandOf(name))
}

const unknownCommand = (name: string): InvalidRequestError =>
  new InvalidRequestError(
    `there is no command ${JSON.stringify(name)}.${didYouMean(name, [...Object.keys(commands), 'help'], (one) => `"${one}"`)} ${commandList()}`,
  )

const commandList = (): string => `The commands are ${Object.keys(commands).join(', ')}.`

const checkWords = (
  name: string,
  command: Command,
  options: Words['options'],
  rest: readonly string[],
): void => {
  for (const option of Object.keys(options)) {
    if (!(command.options as readonly string[]).includes(option)) {
      throw new InvalidRequestError(
        `\`portolan ${name}\` has no option --${option}.${didYouMean(option, command.options, (one) => `--${one}`)} Usage: portolan ${command.usage}`,
      )
    }
  }
  for (const [option, needed] of Object.entries(command.needs ?? {})) {
    if (Object.hasOwn(options, option) && !Object.hasOwn(options, needed)) {
      throw new InvalidRequestError(
        `\`portolan ${name}\` has no use for --${option} without --${needed}. Give both, or neither.`,
      )
    }
  }
  checkValues(options)
  if (rest.length !== command.positionals) {
    const extra = rest[command.positionals]
    throw new InvalidRequestError(
      `${extra === undefined ? 'a word is missing' : `${JSON.stringify(extra)} is one word too many`}. Usage: portolan ${command.usage}`,
    )
  }
}

/** Checks the words that must be one of a few. Any other mistake in a value is told where the value is used. */
const checkValues = (options: Words['options']): void => {
  const given = Object.entries(options) as [OptionName, string | boolean | string[]][]
  for (const [option, value] of given) {
    const known = closedValues[option]
    if (known !== undefined && !known.includes(String(value)))
      throw new InvalidRequestError(
        `--${option} ${value}: expected one of ${known.join(', ')}.${didYouMean(String(value), known)}`,
      )
    for (const word of Array.isArray(value) ? value : []) {
      const open = openValues[option] ?? []
      const guess = open.includes(word) ? '' : didYouMean(word, open)
      if (guess !== '')
        throw new InvalidRequestError(`--${option} ${word}: there is none of that name.${guess}`)
    }
  }
}

const reportError = (error: unknown, asJson: boolean, terminal: Terminal): void => {
  const known = error instanceof PortolanError
  const message = error instanceof Error ? error.message : String(error)
  if (asJson) {
    const body = known ? error.toJSON() : { code: 'INTERNAL', message }
    terminal.print(jsonText({ error: body }))
    return
  }
  sayError(terminal, error, known ? message : `internal error: ${message}. Please report it.`)
}
