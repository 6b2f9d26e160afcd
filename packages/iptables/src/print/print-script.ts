import type { Family } from '@portolan/core'
import { placeOf } from '../ruleset/jumps.ts'
import type { Chain, Ruleset, Table } from '../ruleset/ruleset.ts'
import { afterClosedForward, closedForward } from './closed-forward.ts'
import { printRule } from './print-rule.ts'

/** What lets packets of our networks through comes last, as the tables are committed one by one. */
const tableOrder = ['filter', 'nat', 'mangle']

const header = (programs: readonly string[]): readonly string[] => [
  '# Firewall rules of container networks, written by Portolan.',
  `# Load them once, as root: ${programs.map((program) => `${program} --noflush < FILE`).join(' && ')}`,
  '# Rules of other programs stay as they are.',
  '# The first table closes the networks for new flows, and the last one opens what is to be open: cut short, this',
  '# file opens nothing.',
]

const ruleLines = (table: Table, chain: Chain): readonly string[] =>
  chain.rules.map((rule) => {
    const first = chain.kind === 'built-in' && placeOf(table.name, chain.name) === 'first'
    return `${first ? `-I ${chain.name} 1` : `-A ${chain.name}`} ${printRule(rule)}`
  })

interface Section {
  readonly chains: Map<
    string,
    { readonly kind: Chain['kind']; readonly lines: Map<Family, readonly string[]> }
  >
}

const sectionsOf = (tables: readonly Table[]): ReadonlyMap<string, Section> => {
  const sections = new Map<string, Section>()
  for (const table of tables) {
    const section = sections.get(table.name) ?? { chains: new Map() }
    sections.set(table.name, section)
    for (const chain of table.chains) {
      const known = section.chains.get(chain.name) ?? { kind: chain.kind, lines: new Map() }
      section.chains.set(chain.name, known)
      known.lines.set(table.family, ruleLines(table, chain))
    }
  }
  return sections
}

/** A line for one family is marked; the other family's program passes over it (iptables(8), `-4` and `-6`). */
const forBoth = (lines: ReadonlyMap<Family, readonly string[]>): readonly string[] => {
  const ip = lines.get('ip') ?? []
  const ip6 = lines.get('ip6') ?? []
  if (ip.length === ip6.length && ip.every((line, index) => line === ip6[index])) return ip
  return [...ip.map((line) => `-4 ${line}`), ...ip6.map((line) => `-6 ${line}`)]
}

/** `:CHAIN` makes a chain in whatever family reads it, and takes no `-4` or `-6`; `-N` does. */
const declaration = (chain: string, only: readonly Family[] | null): string =>
  only === null ? `:${chain} - [0:0]` : `${only[0] === 'ip' ? '-4' : '-6'} -N ${chain}`

/**
 * One text that loads a compiled ruleset on a host that has none of it yet. Policies are not named in it, so
 * they stay what they are. A text that ends after any of its bytes opens nothing that the whole leaves closed.
 * Where both families have rules, `iptables-restore` and `ip6tables-restore` take the
 * same text, each its own lines.
 *
 * @param ruleset - ours only, as `compile` or `adopt` gives it
 * @public @since 0.1.0
 */
export const printScript = (ruleset: Ruleset): string => {
  if (ruleset.tables.length === 0) return ''
  const families = new Set(ruleset.tables.map((table) => table.family))
  const programs = [...families]
    .toSorted()
    .map((family) => (family === 'ip' ? 'iptables-restore' : 'ip6tables-restore'))
  const lines = [...header(programs)]
  const opening = [...sectionsOf(afterClosedForward(ruleset).tables)].toSorted(
    ([left], [right]) => tableOrder.indexOf(left) - tableOrder.indexOf(right),
  )
  for (const [name, section] of [...sectionsOf(closedForward(ruleset)), ...opening])
    lines.push(...sectionLines(name, section, families))
  return `${lines.join('\n')}\n`
}

const sectionLines = (
  name: string,
  { chains }: Section,
  families: ReadonlySet<Family>,
): readonly string[] => [
  `*${name}`,
  ...[...chains].flatMap(([chain, { kind, lines }]) =>
    kind === 'user' ? [declaration(chain, lines.size === families.size ? null : [...lines.keys()])] : [],
  ),
  ...[...chains.values()].flatMap(({ lines }) =>
    families.size === 2 ? forBoth(lines) : [...lines.values()].flat(),
  ),
  'COMMIT',
]
