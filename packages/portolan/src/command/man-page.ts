import { wrapLine } from '../text/wrap-line.ts'
import { version } from '../version.ts'
import type { Command } from './command.ts'
import { commands } from './commands.ts'
import { exitCodes } from './exit-code.ts'
import { helpUsage } from './help.ts'
import { type OptionName, optionNames, optionTable } from './options/option-table.ts'

/** The manual page portolan(1), in the macros of man(7), from the tables that the help uses. */
export const manPage = (): string =>
  [
    // No date: the page is the same whenever it is made.
    `.TH PORTOLAN 1 "" "portolan ${version}" "User Commands"`,
    // Names of options are not hyphenated.
    '.nh',
    '.ad l',
    '.SH NAME',
    'portolan \\- container host networking that explains itself',
    '.SH SYNOPSIS',
    '.B portolan',
    '.I COMMAND',
    '[\\fIOPTION\\fR]...',
    '.SH DESCRIPTION',
    ...paragraph(
      'Portolan picks subnets for container networks that collide with nothing on the host, gives containers their addresses, and compiles port mappings to nftables or iptables. It compares them with the rules of the host, tells conflicts, and applies the smallest atomic change.',
    ),
    '.SH COMMANDS',
    ...Object.entries(commands).flatMap(([name, command]) => commandLines(name, command)),
    '.SS help',
    `.B portolan ${text(helpUsage)}`,
    '.PP',
    ...paragraph('Show a summary, or the options and examples of a command.'),
    '.SH OPTIONS',
    ...paragraph(
      'Which command takes which is said there. An option that a command does not use is an error.',
    ),
    ...optionNames.flatMap((name) => optionLines(name, undefined)),
    '.SH EXIT STATUS',
    ...Object.values(exitCodes).flatMap(({ code, meaning }) => [
      '.TP',
      `.B ${code}`,
      ...paragraph(`${meaning}.`),
    ]),
    '.SH ENVIRONMENT',
    ...environment.flatMap(([name, meaning]) => ['.TP', `.B ${name}`, ...paragraph(meaning)]),
    '.SH FILES',
    ...files.flatMap(([name, meaning]) => ['.TP', `.I ${text(name)}`, ...paragraph(meaning)]),
    '.SH SEE ALSO',
    '.BR nft (8),',
    '.BR iptables (8),',
    '.BR ip6tables (8),',
    '.BR conntrack (8)',
    '',
  ].join('\n')

const environment: readonly (readonly [name: string, meaning: string])[] = [
  [
    'COMPOSE_FILE, COMPOSE_PROJECT_NAME, COMPOSE_PROFILES, COMPOSE_ENV_FILES',
    'As Docker Compose has them: the files, the project, its profiles and its variables.',
  ],
  ['NO_COLOR', 'If it is set and not empty, no colour is used.'],
  [
    'NODE_DISABLE_COMPILE_CACHE',
    'If it is 1, the command does not keep what Node compiled of it beside its own files. It does so where these belong to the user that runs it: the next start is faster.',
  ],
  [
    'XDG_CONFIG_HOME, XDG_STATE_HOME',
    'Where the settings and the state of a user are, for any user but root.',
  ],
]

const files: readonly (readonly [name: string, meaning: string])[] = [
  ['/etc/portolan/config.yaml', 'Pools, reserved and allowed ranges for the host.'],
  ['~/.config/portolan/config.yaml', 'The same for a user. Options have the last word.'],
  ['/var/lib/portolan', 'What is remembered of this host: leases, and old values of sysctls.'],
]

const commandLines = (name: string, command: Command): readonly string[] => [
  `.SS ${name}`,
  `.B portolan ${text(command.usage)}`,
  '.PP',
  ...paragraph([command.summary, ...(command.more ?? [])].join(' ')),
  '.PP',
  'Options:',
  ...command.options.map(
    (option, at) => `.BR ${text(`--${option}`)} ${at + 1 < command.options.length ? ',' : '.'}`,
  ),
  // What an option means to this command alone.
  ...(Object.keys(command.meaning ?? {}) as OptionName[]).flatMap((option) => optionLines(option, command)),
  '.PP',
  text('Examples:'),
  ...command.examples.flatMap(({ line, does }) => ['.TP', `.B ${text(line)}`, ...paragraph(`${does}.`)]),
]

const optionLines = (name: OptionName, command: Command | undefined): readonly string[] => {
  const { help, ...rest } = optionTable[name]
  const short = 'short' in rest ? `\\fB${text(`-${rest.short}`)}\\fR, ` : ''
  const value = 'value' in rest ? ` \\fI${text(rest.value)}\\fR` : ''
  const meaning = command?.meaning?.[name] ?? help
  const repeated = 'multiple' in rest ? '; may be repeated' : ''
  const usual = command?.fallback?.[name] ?? ('fallback' in rest ? rest.fallback : undefined)
  const fallback = usual === undefined ? '' : ` (default: ${usual})`
  return [
    '.TP',
    `${short}\\fB${text(`--${name}`)}\\fR${value}`,
    ...paragraph(`${meaning}${repeated}${fallback}`),
  ]
}

/** A text in lines that an editor shows whole. */
const paragraph = (plain: string): readonly string[] => wrapLine(plain, 70, 0).map(text)

/**
 * Escapes a text for roff(7), so that nothing in it is a request. A minus can be copied, a backslash is no escape, and
 * no line begins with a control character.
 */
const text = (plain: string): string =>
  plain
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('~', '\\(ti')
    .replaceAll('^', '\\(ha')
    .replaceAll('`', '\\(ga')
    .replaceAll("'", '\\(aq')
    .replace(/^(?=\.)/, '\\&')
