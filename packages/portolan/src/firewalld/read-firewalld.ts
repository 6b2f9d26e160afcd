import { existsSync } from 'node:fs'
import type { Runner } from '@portolan/core'
import { MissingToolError } from '@portolan/netfilter'

/** What has to be known of firewalld before it is asked for something. */
export interface Firewalld {
  /** The policies of the permanent configuration that are not of Portolan. */
  readonly foreignPolicies: readonly string[]
  /** The priority of each policy of the permanent configuration, by name. */
  readonly priorities: ReadonlyMap<string, number>
  /** What is set at run time and not permanently, or the other way round; null: the two are one. */
  readonly unsaved: string | null
}

/** What Portolan's policies are called, and described as. */
export const ourName: RegExp = /^p(l\d?|\d)-/
const OUR_DESCRIPTION = 'Portolan'

/** What may be set at run time alone, and how firewall-cmd is asked for it. */
const kindsRead: readonly (readonly [kind: string, ...words: readonly string[]])[] = [
  ['policy', '--list-all-policies'],
  ['zone', '--list-all-zones'],
  ['direct rules', '--direct', '--get-all-rules'],
  ['direct passthroughs', '--direct', '--get-all-passthroughs'],
  ['ipsets', '--get-ipsets'],
]

/**
 * Reads what a reload of firewalld would change beside what is asked for: it starts again from the permanent
 * configuration, so what was set at run time only is lost (firewall-cmd(1), `--reload`).
 *
 * @returns null where firewalld does not run
 */
export const readFirewalld = async (runner: Runner): Promise<Firewalld | null> => {
  const ask = async (...words: readonly string[]): Promise<string | null> => {
    const { exitCode, stdout } = await runner.run('firewall-cmd', words)
    return exitCode === 0 ? stdout : null
  }
  const both = (...words: readonly string[]): Promise<readonly [string | null, string | null]> =>
    Promise.all([ask(...words), ask('--permanent', ...words)])
  try {
    const [policies, ...kinds] = await Promise.all(
      kindsRead.map(async ([kind, ...words]) => [kind, await both(...words)] as const),
    )
    if (policies === undefined || policies[1][0] === null || policies[1][1] === null) return null
    const permanent = blocksOf(policies[1][1])
    const named = permanent.map(({ name }) => name)
    const priorities = new Map(permanent.map(({ name, lines }) => [name, priorityIn(lines)]))
    const foreignPolicies: string[] = []
    for (const name of named) {
      const description = ourName.test(name)
        ? await ask('--permanent', `--policy=${name}`, '--get-description')
        : null
      if (description?.trim() !== OUR_DESCRIPTION) foreignPolicies.push(name)
    }
    const sets =
      kinds
        .at(-1)?.[1][0]
        ?.split(/\s+/)
        .filter((name) => name !== '') ?? []
    const entries = await Promise.all(
      sets.map(async (name) => [`ipset ${name}`, await both(`--ipset=${name}`, '--get-entries')] as const),
    )
    const isForeign = (kind: string, name: string): boolean =>
      kind !== 'policy' || !ourName.test(name) || foreignPolicies.includes(name)
    const unsaved = [policies, ...kinds, ...entries].flatMap(([kind, [now, permanent]]) =>
      differences(kind, now ?? '', permanent ?? '', isForeign),
    )
    return { foreignPolicies, priorities, unsaved: unsaved[0] ?? null }
  } catch (error) {
    if (error instanceof MissingToolError) return null
    throw error
  }
}

interface Block {
  readonly name: string
  readonly lines: readonly string[]
}

/** A zone or policy with what is under it; what has no such form is one block. */
const blocksOf = (text: string): readonly Block[] => {
  const blocks: { name: string; lines: string[] }[] = []
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue
    const head = /^(\S+)( \(.*\))?$/.exec(line)
    if (head !== null) blocks.push({ name: head[1] ?? '', lines: [] })
    else (blocks.at(-1) ?? blocks[blocks.push({ name: '', lines: [] }) - 1])?.lines.push(...words(line))
  }
  return blocks
}

/** firewalld.policies(5), `priority`: -1 where none is given. */
const priorityIn = (lines: readonly string[]): number =>
  Number(lines.map((line) => /^priority (-?\d+)$/.exec(line)?.[1]).find((one) => one !== undefined) ?? -1)

/** `  services: dhcpv6-client ssh`, one by one, since their order is of no matter; a rich rule is one. */
const words = (line: string): readonly string[] => {
  const [, key = '', values = ''] = /^ {2}([\w-]+): ?(.*)$/.exec(line) ?? []
  return key === ''
    ? [`rich rule ${line.trim()}`]
    : values
        .split(' ')
        .filter((one) => one !== '')
        .map((one) => `${key} ${one}`)
}

/** Docker, libvirt and NetworkManager bring their interfaces back after a reload (D-Bus signal `Reloaded`). */
const broughtBack = /^(docker|libvirt|libvirt-routed|nm-shared)$/

const differences = (
  kind: string,
  now: string,
  permanent: string,
  isForeign: (kind: string, name: string) => boolean,
): readonly string[] => {
  const isManaged = existsSync('/run/NetworkManager')
  const listed = (text: string): ReadonlySet<string> =>
    new Set(
      blocksOf(text).flatMap(({ name, lines }) =>
        !isForeign(kind, name)
          ? []
          : [
              `${kind} ${name}`.trim(),
              ...lines
                .filter((line) => !(line.startsWith('interfaces ') && (isManaged || broughtBack.test(name))))
                .map((line) => `${line} of ${kind} ${name}`.trim()),
            ],
      ),
    )
  const [here, kept] = [listed(now), listed(permanent)]
  return [
    ...[...here].filter((one) => !kept.has(one)).map((one) => `${one} is set at run time only`),
    ...[...kept]
      .filter((one) => !here.has(one))
      .map((one) => `${one} is set permanently, and not at run time`),
  ]
}
