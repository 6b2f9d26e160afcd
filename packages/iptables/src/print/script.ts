import { type Family, families } from '@portolan/netfilter'
import { limit, open } from '../compile/object-name.ts'
import { jumps, placeOf } from '../model/chain/jumps.ts'
import { type Chain, emptyRuleset, type Ruleset, type Table } from '../model/ruleset.ts'
import { printRule } from './rule/print-rule.ts'
import { afterClosedForward, closedForward } from './table-by-table/closed-forward.ts'

/** What lets packets of our networks through comes last, as the tables are committed one by one. */
const tableOrder = ['filter', 'nat', 'mangle']

const header = (programs: readonly string[]): readonly string[] => [
  '# Firewall rules of container networks, written by Portolan.',
  `# Load them once, as root: ${programs.map((program) => `${program} --noflush < FILE`).join(' && ')}`,
  '# Rules of other programs stay as they are. Loaded again, it adds its jumps again: iptables-restore has no condition.',
  '# Doubled jumps change nothing for a packet. The next portolan apply deletes them. A script that can be loaded again',
  '# and again is printed by portolan script --format sh: it asks for each jump (iptables -C) before it adds it.',
  '# The first table closes the networks for new flows, and the last one opens what is to be open: cut short, this',
  '# file opens nothing.',
]

/** A comment ends with its line, so nothing that a user calls something may end the line. */
const comment = (text: string): string => `# ${text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?')}`

const ruleLines = (table: Table, chain: Chain): readonly string[] =>
  chain.rules.map((rule) => {
    const first = chain.kind === 'built-in' && placeOf(table.name, chain.name) === 'first'
    return `${first ? `-I ${chain.name} 1` : `-A ${chain.name}`} ${printRule(rule)}`
  })

/** @public @since 0.1.0 */
export interface ScriptOptions {
  /** For the reader of the script: a line each in its head, control characters in it shown as `?`. */
  readonly remarks?: readonly string[]
  /**
   * What the host has that it is for: a chain that a rule there leads to is left there. Null: not known, so every chain
   * that such a rule may lead to is left. Absent: none of ours.
   */
  readonly host?: Ruleset | null
}

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

/**
 * `:CHAIN` makes a chain, or empties it, in whatever family reads it; `-4 -N` would fail where the chain is there.
 * So a chain of one family is declared for both, and taken out of the other again. Not where a rule leads to it, for
 * the kernel refuses that with EBUSY (net/netfilter/nf_tables_api.c `nf_tables_delchain`): there it stays, empty.
 */
const removals = (
  chain: string,
  lines: ReadonlyMap<Family, unknown>,
  isHeld: (family: Family, chain: string) => boolean,
): readonly string[] =>
  families
    .filter((family) => !lines.has(family) && !isHeld(family, chain))
    .map((family) => `${mark[family]} -X ${chain}`)

/** The chains that rules of other chains than these lead to, which a script does not empty. */
const heldFrom = (
  host: Ruleset | null,
  table: string,
  emptied: readonly string[],
): ((family: Family, chain: string) => boolean) => {
  if (host === null) return (_, chain) => mayBeHeld(table, chain)
  const held = new Set(
    host.tables.flatMap(({ family, name, chains }) =>
      (name === table ? chains : [])
        .filter((chain) => !emptied.includes(chain.name))
        .flatMap(({ rules }) => rules)
        .flatMap(({ target }) =>
          target?.kind === 'jump' || target?.kind === 'goto' ? [`${family} ${target.chain}`] : [],
        ),
    ),
  )
  return (family, chain) => held.has(`${family} ${chain}`)
}

/** Chains that a built-in chain leads to, or the chain of a bridge that is gone. */
const mayBeHeld = (table: string, chain: string): boolean =>
  jumps.some((one) => one.table === table && one.to === chain) || chain === open || chain === limit

const mark: Record<Family, string> = { ip: '-4', ip6: '-6' }

/**
 * One text that loads a compiled ruleset. It is for one load: each command that iptables-restore takes adds a fixed number
 * of rules to a built-in chain (`-A`, `-I`: one; `-D`: one less), fails and takes the whole table with it (`-C`, and `-D`
 * of a rule that is absent), or drops the rules of others (`-F`). So no text adds a jump once and nothing the second time. Policies are not named in it, so
 * they stay what they are. A text that ends after any of its bytes opens nothing that the whole leaves closed.
 * Where both families have rules, `iptables-restore` and `ip6tables-restore` take the same text, each its own lines.
 * Chains of ours that the host has are emptied and filled with what the text holds: hand in what `adopt` gives,
 * where the rules of other projects are to stay.
 *
 * @param ruleset - ours only, as `compile` or `adopt` gives it
 * @public @since 0.1.0
 */
export const printScript = (
  ruleset: Ruleset,
  { remarks = [], host = emptyRuleset }: ScriptOptions = {},
): string => {
  if (ruleset.tables.length === 0) return ''
  const present = new Set(ruleset.tables.map((table) => table.family))
  const programs = [...present]
    .toSorted()
    .map((family) => (family === 'ip' ? 'iptables-restore' : 'ip6tables-restore'))
  const lines = [...header(programs), ...remarks.map(comment)]
  const opening = [...sectionsOf(afterClosedForward(ruleset).tables)].toSorted(
    ([left], [right]) => tableOrder.indexOf(left) - tableOrder.indexOf(right),
  )
  for (const [name, section] of [...sectionsOf(closedForward(ruleset)), ...opening])
    for (const line of sectionLines(name, section, present, host)) lines.push(line)
  return `${lines.join('\n')}\n`
}

const sectionLines = (
  name: string,
  { chains }: Section,
  present: ReadonlySet<Family>,
  host: Ruleset | null,
): readonly string[] => {
  const own = [...chains].filter(([, { kind }]) => kind === 'user')
  const isHeld = heldFrom(
    host,
    name,
    own.map(([chain]) => chain),
  )
  return [
    `*${name}`,
    ...own.map(([chain]) => `:${chain} - [0:0]`),
    // After all are empty: nothing in them leads to another any more.
    ...(present.size === 2 ? own.flatMap(([chain, { lines }]) => removals(chain, lines, isHeld)) : []),
    ...[...chains.values()].flatMap(({ lines }) =>
      present.size === 2 ? forBoth(lines) : [...lines.values()].flat(),
    ),
    'COMMIT',
  ]
}
