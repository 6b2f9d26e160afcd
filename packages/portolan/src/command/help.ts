import { version } from '../version.ts'
import type { Command } from './command.ts'
import { commands } from './commands.ts'
import { exitCodes } from './exit-code.ts'
import { type OptionName, optionTable } from './options/option-table.ts'

/** The column in which the texts of all options begin. Below: the column at which they end. */
const textColumn = 27
const lineEnd = 120

/** The lines of one option: `-f, --file FILE` and what it means. */
const optionLines = (name: OptionName, command: Command): string => {
  const option: Option = optionTable[name]
  const short = option.short === undefined ? '   ' : `-${option.short},`
  const term = [short, `--${name}`, ...(option.value === undefined ? [] : [option.value])].join(' ')
  const meaning = command.meaning?.[name] ?? option.help
  const whole = option.multiple === true ? `${meaning}; may be repeated` : meaning
  const usual = command.fallback?.[name] ?? option.fallback
  const fallback = usual === undefined ? [] : [`(default: ${usual})`]
  const line = [whole, ...fallback].join(' ')
  const lines = fits(line) ? [line] : [whole, ...fallback].flatMap(wrap)
  const indented = lines.join(`\n${' '.repeat(textColumn)}`)
  // A term that is too long for its column has a line of its own.
  return term.length < textColumn
    ? `${term.padEnd(textColumn)}${indented}`
    : `${term}\n${' '.repeat(textColumn)}${indented}`
}

interface Option {
  readonly short?: string
  readonly multiple?: boolean
  readonly value?: string
  readonly help: string
  readonly fallback?: string
}

const fits = (line: string): boolean => textColumn + line.length <= lineEnd

const wrap = (text: string): readonly string[] => wrapAt(text, fits)

const wrapAt = (text: string, fits: (line: string) => boolean): readonly string[] => {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`
    if (line !== '' && !fits(longer)) lines.push(line)
    line = line !== '' && !fits(longer) ? word : longer
  }
  return [...lines, line]
}

/** The usage line of help. */
export const helpUsage = 'help [COMMAND]'

const exitCodeList = Object.values(exitCodes)
  .map(({ code, meaning }) => `${code} ${meaning}`)
  .join(', ')

/** What `portolan --help` prints. */
export const generalHelp = (): string => {
  const rows = Object.values(commands).map(({ usage, summary }) => `  portolan ${usage}\n      ${summary}`)
  return [
    `portolan ${version}: container host networking that explains itself`,
    '',
    ...rows,
    `  portolan ${helpUsage}`,
    '      Show this text, or the options and examples of a command.',
    '',
    '`portolan COMMAND --help` lists the options of a command.',
    'Pools, reserved and allowed ranges may also stand in /etc/portolan/config.yaml and',
    '$XDG_CONFIG_HOME/portolan/config.yaml (~/.config); options override them.',
    ...wrapAt(`Exit codes: ${exitCodeList}.`, (line) => line.length <= lineEnd),
  ].join('\n')
}

/** What `portolan COMMAND --help` prints. */
export const commandHelp = (command: Command): string =>
  [
    `portolan ${command.usage}`,
    '',
    command.summary,
    ...(command.more ?? []),
    '',
    ...command.options.map((option) => optionLines(option, command)),
    '',
    'Examples:',
    ...command.examples.flatMap(({ line, does }) => [`  ${line}`, `      ${does}`]),
  ].join('\n')
