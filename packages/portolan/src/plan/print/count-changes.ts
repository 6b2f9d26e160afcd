import { countOf, type RuleCount, type RuleTally } from '@portolan/core'
import { visibleLine } from '@portolan/netfilter'
import { type Backend, backends } from '../../backend/backend.ts'
import { dialects } from '../../backend/dialects.ts'
import type { Look } from '../../text/look.ts'
import { wrapLine } from '../../text/wrap-line.ts'
import type { PlanChange } from '../plan.ts'
import { colourOf, type DiffLine, diffLines, markOf } from './diff-lines.ts'
import { noChanges } from './print-changes.ts'

/** The most lines for bridges, sysctls and leases. Commands for other programs are all shown. */
const mostLines = 50

/**
 * Changes as a short list for people. Rules are counted; every other change is shown.
 * @internal
 */
export const countChanges = (changes: readonly PlanChange[], { style, columns }: Look): readonly string[] => {
  if (changes.length === 0) return [noChanges]
  const lines = runsOf(changes).flatMap((run): readonly DiffLine[] =>
    'backend' in run ? countLines(run) : shortLines(run.changes),
  )
  return [
    ...lines.flatMap(({ mark, text }) =>
      wrapLine(`  ${mark} ${visibleLine(text.replaceAll('\t', '  '))}`, columns, 6).map(
        style[colourOf[mark]],
      ),
    ),
    ...(changes.some(isOfRules) ? wrapLine('  --rules shows every rule.', columns, 6).map(style.dim) : []),
  ]
}

type RuleChange = Extract<PlanChange, { readonly part: Backend }>

const isOfRules = (change: PlanChange): change is RuleChange =>
  (backends as readonly PlanChange['part'][]).includes(change.part)

/** Successive changes of one backend, counted. */
interface RuleRun {
  readonly backend: Backend
  /** The number of the plan's changes. A chain with its rules is one change. */
  operations: number
  readonly tables: Set<string>
  readonly sums: Record<Counted, RuleCount>
}

/** Successive changes that are not of rules. */
interface OtherRun {
  readonly changes: Exclude<PlanChange, RuleChange>[]
}

const runsOf = (changes: readonly PlanChange[]): readonly (RuleRun | OtherRun)[] => {
  const runs: (RuleRun | OtherRun)[] = []
  for (const change of changes) {
    const last = runs.at(-1)
    if (!isOfRules(change)) {
      if (last !== undefined && 'changes' in last) last.changes.push(change)
      else runs.push({ changes: [change] })
      continue
    }
    const run =
      last !== undefined && 'backend' in last && last.backend === change.part ? last : emptyRun(change.part)
    if (run !== last) runs.push(run)
    const tally = tallyOfChange(change)
    run.operations += 1
    run.tables.add(tally.table)
    for (const one of counted) run.sums[one] = addCounts(run.sums[one], tally[one])
  }
  return runs
}

const counted = ['added', 'changed', 'removed'] as const
type Counted = (typeof counted)[number]

const emptyRun = (backend: Backend): RuleRun => ({
  backend,
  operations: 0,
  tables: new Set(),
  sums: { added: countOf(), changed: countOf(), removed: countOf() },
})

const tallyOfChange = (change: RuleChange): RuleTally =>
  change.part === 'nftables'
    ? dialects.nftables.tally(change.operation)
    : dialects[change.part].tally(change.operation)

const addCounts = (one: RuleCount, other: RuleCount): RuleCount => ({
  rules: one.rules + other.rules,
  elements: one.elements + other.elements,
  chains: one.chains + other.chains,
  sets: one.sets + other.sets,
})

/**
 * The lines of a backend's changes. The first line has the number of changes. With one change for each line of other
 * parts, these numbers add up to the counts at the head of a plan.
 */
const countLines = ({ backend, operations, tables, sums }: RuleRun): readonly DiffLine[] => {
  const names = [...tables]
  const place = `${dialects[backend].title} ${names.length === 1 ? 'table' : 'tables'} ${names.join(', ')}`
  const lines = [
    { mark: markOf.add, text: countWords(sums.added, 'to add') },
    { mark: markOf.change, text: countWords(sums.changed, 'to change') },
    { mark: markOf.remove, text: countWords(sums.removed, 'to remove') },
  ].filter(({ text }) => text !== '')
  // A table may be created or deleted while it is empty.
  return (lines.length === 0 ? [{ mark: markOf.change, text: 'the table itself' }] : lines).map(
    ({ mark, text }, at) => ({
      mark,
      text: `${place}${at === 0 ? ` (${plural(operations, 'change', 'changes')})` : ''}: ${text}`,
    }),
  )
}

/** `61 rules and elements to add`. Chains, sets and maps are named only when no rule or element changes. */
const countWords = ({ rules, elements, chains, sets }: RuleCount, what: string): string => {
  const entries = rules + elements
  if (entries > 0) {
    if (elements === 0) return `${plural(rules, 'rule', 'rules')} ${what}`
    if (rules === 0) return `${plural(elements, 'element', 'elements')} ${what}`
    return `${entries} rules and elements ${what}`
  }
  const holders = [
    ...(chains === 0 ? [] : [plural(chains, 'chain', 'chains')]),
    ...(sets === 0 ? [] : [plural(sets, 'set or map', 'sets and maps')]),
  ]
  return holders.length === 0 ? '' : `${holders.join(' and ')} ${what}`
}

const plural = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`

const shortLines = (changes: OtherRun['changes']): readonly DiffLine[] => {
  const lines: DiffLine[] = []
  let hidden = 0
  for (const change of changes) {
    const shown = shortOf(change)
    if (change.part === 'fix' || lines.length < mostLines) lines.push(...shown)
    else hidden += shown.length
  }
  return hidden === 0
    ? lines
    : [...lines, { mark: '~', text: `and ${hidden} more (--rules or --json list them all)` }]
}

const shortOf = (change: OtherRun['changes'][number]): readonly DiffLine[] => {
  if (change.part === 'sysctl' && change.before !== null && change.after !== null) {
    const { name } = change.operation
    const now = change.before.startsWith(`${name} = `) ? change.before.slice(name.length + 3) : change.before
    return [{ mark: markOf[change.action], text: `sysctl ${change.after}, now ${now}` }]
  }
  const word = change.part === 'sysctl' ? 'sysctl ' : change.part === 'lease' ? 'lease of ' : ''
  return diffLines(change).map(({ mark, text }) => ({ mark, text: `${word}${text}` }))
}
