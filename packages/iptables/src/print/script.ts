import { checkScriptOptions } from '@portolan/core/planning'
import { type Family, families } from '@portolan/netfilter'
import { jumps, placeOf } from '../model/chain/jumps.ts'
import { limit, open } from '../model/object-name.ts'
import { type Chain, emptyRuleset, type Ruleset, type Table } from '../model/ruleset.ts'
import { printRule } from './rule/print-rule.ts'
import { afterClosedForward, closedForward } from './table-by-table/closed-forward.ts'

/** The tables are committed one by one. The mangle table opens our networks, so it comes last. */
const tableOrder = ['filter', 'nat', 'mangle']

const header = (programs: readonly string[]): readonly string[] => [
  '# Firewall rules of container networks, written by Portolan.',
  `# Load them once, as root: ${programs.map((program) => `${program} --noflush < FILE`).join(' && ')}`,
  '# Rules of other programs stay as they are. Loaded again, it adds its jumps again: iptables-restore has no condition.',
  '# Doubled jumps change nothing for a packet. The next portolan apply deletes them. A script that can be loaded again',
  '# and again is printed by portolan script --format sh: it asks for each jump (iptables -C) before it adds it.',
  '# The first table closes the networks for new flows, and only the last one opens ports and networks to them: a file',
  '# that is cut short opens nothing.',
]

/**
 * Writes a comment line. Characters that could end the line are replaced, because a name from a user must not end it.
 */
const comment = (text: string): string => `# ${text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?')}`

const ruleLines = (table: Table, chain: Chain): readonly string[] =>
  chain.rules.map((rule) => {
    const first = chain.kind === 'built-in' && placeOf(table.name, chain.name) === 'first'
    return `${first ? `-I ${chain.name} 1` : `-A ${chain.name}`} ${printRule(rule)}`
  })

/** @public @since 0.1.0 */
export interface ScriptOptions {
  /** Remarks for readers of the script, each a line in its head. Control characters are shown as `?`. */
  readonly remarks?: readonly string[]
  /**
   * The rules of the host that the script is for. The script does not delete a chain that one of them leads to. Null:
   * the rules are unknown, so every chain that such a rule may lead to stays. Absent: no rule leads to our chains.
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

/**
 * The lines for both families. A line for one family is marked, and the other family's program skips it (iptables(8),
 * `-4` and `-6`).
 */
const forBoth = (lines: ReadonlyMap<Family, readonly string[]>): readonly string[] => {
  const ip = lines.get('ip') ?? []
  const ip6 = lines.get('ip6') ?? []
  if (ip.length === ip6.length && ip.every((line, index) => line === ip6[index])) return ip
  return [...ip.map((line) => `-4 ${line}`), ...ip6.map((line) => `-6 ${line}`)]
}

/**
 * The lines that delete a chain from the family without rules for it. `:CHAIN` makes or empties a chain in whichever
 * family reads the text, and `-4 -N` would fail where the chain exists. So a chain of one family is declared for both,
 * and deleted from the other. A chain that a rule leads to stays, empty: the kernel refuses to delete it with EBUSY
 * (net/netfilter/nf_tables_api.c `nf_tables_delchain`).
 */
const removals = (
  chain: string,
  lines: ReadonlyMap<Family, unknown>,
  isHeld: (family: Family, chain: string) => boolean,
): readonly string[] =>
  families
    .filter((family) => !lines.has(family) && !isHeld(family, chain))
    .map((family) => `${mark[family]} -X ${chain}`)

/** Says which chains a rule of the host leads to. The chains that the script empties do not count. */
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

/**
 * May a rule outside the script lead to this chain? Built-in chains lead to our entry chains. The chain of a bridge
 * that is gone may lead to the trees of routed ports.
 */
const mayBeHeld = (table: string, chain: string): boolean =>
  jumps.some((one) => one.table === table && one.to === chain) || chain === open || chain === limit

const mark: Record<Family, string> = { ip: '-4', ip6: '-6' }

/**
 * Prints one text that loads a compiled ruleset. A text that ends after any of its bytes opens nothing that the whole
 * leaves closed.
 *
 * The text is for one load. Every command of iptables-restore either adds a fixed number of rules to a built-in chain
 * (`-A`, `-I`: one; `-D`: one less), or fails together with the whole table (`-C`, and `-D` of a rule that is absent),
 * or deletes foreign rules (`-F`). So no text adds a jump once and nothing the second time. Policies are not named, so
 * they stay as they are.
 *
 * Where both families have rules, `iptables-restore` and `ip6tables-restore` take the same text, each its own lines.
 * Our chains on the host are emptied and filled with the rules of the text: pass the result of `adopt` to keep the
 * rules of other projects.
 *
 * @param ruleset - our rules only, from `compile` or `adopt`
 * @public @since 0.1.0
 */
export const printScript = (ruleset: Ruleset, options: ScriptOptions = {}): string => {
  checkScriptOptions(options)
  const { remarks = [], host = emptyRuleset } = options
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
    // All chains are empty by now, so none leads to another.
    ...(present.size === 2 ? own.flatMap(([chain, { lines }]) => removals(chain, lines, isHeld)) : []),
    ...[...chains.values()].flatMap(({ lines }) =>
      present.size === 2 ? forBoth(lines) : [...lines.values()].flat(),
    ),
    'COMMIT',
  ]
}
