import { shellLine, visibleText } from '@portolan/netfilter'
import type { OutsidePools } from '../cluster/outside-pools.ts'
import type { OptionName, Options } from './option-table.ts'

const ofSubnets = ['pool', 'reserve', 'allow', 'cluster', 'state'] as const
const ofIntent = [
  ...['file', 'project', 'profile', 'env-file', 'project-directory', 'backend'],
  ...['guard-forwarding', 'no-sysctl', ...ofSubnets],
] as readonly OptionName[]

/** The options for a text under a key. Its watch applies it, and no file has it. */
const ofKey = ['intent', ...ofIntent.filter((option) => option !== 'file')] as const

/** The options of a command, for the commands that it prints. */
export interface PrintedOptions extends Options {
  /** Pools outside the named cluster, for a command that takes a network out of the cluster. */
  readonly outside?: OutsidePools
}

/** The commands that pick a subnet for a network that moves. */
const picking: readonly string[] = ['move', 'subnet']

/** The commands that ask before they change anything. */
const asking: readonly string[] = ['apply', 'move']

/** The options that each command in a remedy takes. */
const taken: Readonly<Record<string, readonly OptionName[]>> = {
  apply: ofIntent,
  watch: ofKey,
  move: ofIntent,
  conflicts: ofIntent,
  subnet: ofSubnets,
  attach: ['state'],
  detach: ['state'],
  destroy: ['state'],
  // Any host may be meant, and the state directory of another host is not known.
  cluster: ['cluster'],
}

/** The options for a command that names the project itself: they say where the facts about the project are kept. */
const ofAnyProject: readonly OptionName[] = ['cluster', 'state']

/**
 * Adds the options that this command was given to a command that a remedy names. Without them it would be about another
 * project, another backend or another state. For a text under a key, `watch` takes the place of `apply`. A command that
 * names a project or a file gets only the options that any project needs. Any other command is left as it is.
 *
 * @example
 * withOwnOptions({ file: ['shop.yaml'] })('portolan move web') // 'portolan move -f shop.yaml web'
 */
export const withOwnOptions =
  ({ outside = noPools, ...options }: PrintedOptions) =>
  (command: string): string => {
    const [, written = '', rest = ''] = /^portolan ([a-z]+)(| .*)$/s.exec(command) ?? []
    const name = written === 'apply' && options.intent !== undefined ? 'watch' : written
    const has = (word: string): boolean => ` ${rest} `.includes(` ${word} `)
    const isOfAnother = has('-f') || has('-p')
    const words = (taken[name] ?? [])
      .filter((option) => !isOfAnother || ofAnyProject.includes(option))
      .flatMap((option) => (has(wordOf(option)) ? [] : optionWords(option, options[option])))
    const hasPool = has('--pool') || (!isOfAnother && options.pool !== undefined)
    if (picking.includes(name) && !hasPool) words.push(...optionWords('pool', poolsFor(name, outside)))
    // The Compose text has to come from standard input once more, so no question can be answered there.
    if (words.includes('-') && asking.includes(name) && !has('--yes')) words.push('--yes')
    // Where a word could not be copied from a terminal, the options are left out. The user knows what was typed.
    const isCopied = words.length > 0 && words.every((word) => visibleText(word) === word)
    if (!isCopied) return command
    // The verb comes before the options.
    return name === 'cluster'
      ? `${command} ${shellLine(words)}`
      : `portolan ${name} ${shellLine(words)}${rest}`
  }

const noPools: OutsidePools = { ip: [], ip6: [] }

/** `subnet` proposes subnets of one family at a time. */
const poolsFor = (name: string, { ip, ip6 }: OutsidePools): readonly string[] =>
  name === 'subnet' && ip.length > 0 ? ip : [...ip, ...ip6]

const wordOf = (option: OptionName): string => (option === 'file' ? '-f' : `--${option}`)

const optionWords = (
  option: OptionName,
  value: string | boolean | readonly string[] | undefined,
): readonly string[] => {
  if (value === undefined || value === false) return []
  const written = wordOf(option)
  if (value === true) return [written]
  return (typeof value === 'string' ? [value] : value).flatMap((one) =>
    // parseArgs would take a value that begins with a dash for another option.
    one.startsWith('-') && one !== '-' ? [`--${option}=${one}`] : [written, one],
  )
}
