import { type HookNeed, isHookCommand } from '@portolan/core'
import { shellLine } from '@portolan/netfilter'
import type { Fix } from './host-state.ts'

type Words = readonly string[]

/**
 * Reads what was asked of other programs. The commands are run as root, so they are held to what Portolan writes.
 *
 * @throws Error that says in one clause what is wrong
 */
export const readFixes = (fixes: unknown): readonly Fix[] => {
  if (!Array.isArray(fixes)) throw new Error('"fixes" is not a list')
  return fixes.map((one: unknown) => {
    const fix = isFix(one) ? one : isFirstForm(one) ? fromFirstForm(one) : null
    if (fix === null) throw new Error('"fixes" is not a list of commands with the way back')
    const foreign = [...fix.commands, ...fix.undo].find((words) => !isHookCommand(fix.name, words))
    if (foreign !== undefined)
      throw new Error(`"fixes" holds a command that Portolan does not write: ${shellLine(foreign)}`)
    return fix
  })
}

const isFix = (value: unknown): value is Fix =>
  isRecord(value) &&
  typeof value.project === 'string' &&
  typeof value.name === 'string' &&
  isWords(value.beneficiaries) &&
  Array.isArray(value.needs) &&
  value.needs.every(isNeed) &&
  isCommands(value.commands) &&
  isCommands(value.undo)

const isNeed = (value: unknown): value is HookNeed =>
  isRecord(value) &&
  (value.of === 'mapping' || value.of === 'network') &&
  typeof value.bridge === 'string' &&
  (value.address === null || typeof value.address === 'string') &&
  (value.protocol === null || ['tcp', 'udp', 'sctp'].some((name) => name === value.protocol)) &&
  (value.port === null || typeof value.port === 'number')

/** As the first versions wrote it: the first command that was run, and those that take all of them back. */
interface FirstForm {
  readonly project: string
  readonly words: Words
  readonly undo: readonly Words[]
}

const isFirstForm = (value: unknown): value is FirstForm =>
  isRecord(value) && typeof value.project === 'string' && isWords(value.words) && isCommands(value.undo)

/** It is kept as long as the project has a network on one of the bridges that its words name. */
const fromFirstForm = ({ project, words, undo }: FirstForm): Fix => ({
  project,
  name: hookOf(words[0] ?? ''),
  beneficiaries: [`project ${project}`],
  needs: linksIn(words).map(
    (bridge): HookNeed => ({ of: 'network', bridge, address: null, protocol: null, port: null }),
  ),
  commands: [words],
  undo,
})

const hookOf = (program: string): string =>
  program === 'ufw' ? 'ufw' : program === 'firewall-cmd' ? 'firewalld' : 'DOCKER-USER'

/** `-i LINK` and `-o LINK` of iptables, `on LINK` of ufw, `--add-interface=LINK` of firewalld. */
const linksIn = (words: Words): readonly string[] =>
  words.flatMap((word, at) => {
    const named = ['-i', '-o', 'on'].includes(words[at - 1] ?? '')
    const zoned = /^--add-interface=(.+)$/.exec(word)?.[1]
    return named ? [word] : zoned === undefined ? [] : [zoned]
  })

const isWords = (value: unknown): value is Words =>
  Array.isArray(value) && value.every((word) => typeof word === 'string')

const isCommands = (value: unknown): value is readonly Words[] => Array.isArray(value) && value.every(isWords)

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
