import type { DesiredMapping } from '../../desired/index.ts'
import type { Follower } from '../../evaluate/follow.ts'
import { groupRules } from '../../evaluate/rule-groups.ts'
import type { TraceStep } from '../../evaluate/trace.ts'
import type { NetfilterChain, NetfilterRule } from '../../netfilter/index.ts'
import { blame, culpritKey, isOurs } from './blame.ts'
import { type Explored, followPoint, followWithout } from './explore.ts'
import { type FailedCell, type Finding, isFailed } from './finding.ts'
import type { Judgement } from './judge.ts'
import type { Row } from './row.ts'

/** Behind one drop there may be another: so many are looked for. */
const MOST_IN_A_ROW = 8

/** Warnings of one chain are told together; errors of so many rules apart. */
const MOST_APART = 8

/** A cell with all who stop it, one behind the other. */
interface Traced {
  readonly isDead: boolean
  readonly row: Row
  readonly findings: readonly Finding[]
}

/**
 * Puts together what fails for the same reason: one finding for each culprit of a mapping or network, however many
 * rows and packets it spoils.
 *
 * @param isDead - whether a failure leaves a whole row undelivered
 */
export const gather = (
  follower: Follower,
  explored: readonly Explored[],
  isDead: (cell: FailedCell) => boolean,
): readonly Finding[] => {
  const traced: Traced[] = []
  for (const { cells } of explored) {
    for (const cell of cells)
      if (isFailed(cell))
        traced.push({ isDead: isDead(cell), row: cell.row, findings: trace(follower, cell) })
  }
  const deadly = findDeadly(traced)
  const whole = findWhole(explored, traced)
  const found = new Map<object | string, Map<string, Finding>>()
  for (const { isDead: dead, row, findings } of traced)
    for (const finding of findings) {
      const key = culpritKey(finding.step)
      // Who arrives under another name arrives.
      const isStopped = finding.judgement.fault === 'stopped' || finding.judgement.fault === 'astray'
      const isDeadly =
        dead && isStopped && finding.certainty === 'certain' && deadly.get(row.source)?.has(key) === true
      const share = whole.get(row)?.has(key) === true ? 'all' : 'some'
      const one: Finding = { ...finding, share, severity: isDeadly ? 'error' : 'warning' }
      const byKind = found.get(key) ?? new Map<string, Finding>()
      found.set(key, byKind)
      const before = byKind.get(one.kind)
      byKind.set(one.kind, before === undefined ? one : merge(before, one))
    }
  return fold([...found.values()].flatMap((byKind) => [...byKind.values()]))
}

/** Who stops the packets of a cell, and who would stop them after that. */
const trace = (follower: Follower, { row, point, judgement }: FailedCell): readonly Finding[] => {
  const findings: Finding[] = []
  const ignored = new Set<object>()
  let current: Judgement = judgement
  while (current.kind === 'failed' && findings.length < MOST_IN_A_ROW) {
    const { certainty } = current
    const { kind, step } = blame(row, current)
    findings.push({
      kind,
      severity: 'warning',
      certainty: judgement.certainty === 'certain' ? certainty : 'possible',
      mapping: row.mapping,
      network: row.network,
      rows: [row],
      share: 'some',
      point,
      judgement: current,
      step,
      behind: new Set(ignored),
      others: step === null ? 0 : countAlike(step),
    })
    const cause = step?.rule ?? step?.chain ?? null
    if (step === null || cause === null || ignored.has(cause) || isOurs(step)) break
    ignored.add(cause)
    current = followWithout(follower, row, point, ignored)
  }
  return findings
}

/**
 * The culprits of dead rows, by who is not served: where one of them stops all, a list of bans in front of it is not
 * what kills the row; where none does, it takes all of them.
 */
const findDeadly = (traced: readonly Traced[]): ReadonlyMap<string, ReadonlySet<object | string>> => {
  const deadly = new Map<string, Set<object | string>>()
  const every = new Map<string, Set<object | string>>()
  for (const { isDead, row, findings } of traced) {
    if (!isDead) continue
    const keys = new Set(findings.map(({ step }) => culpritKey(step)))
    const before = deadly.get(row.source)
    deadly.set(row.source, before === undefined ? keys : new Set([...before].filter((key) => keys.has(key))))
    every.set(row.source, new Set([...(every.get(row.source) ?? []), ...keys]))
  }
  for (const [source, keys] of deadly) if (keys.size === 0) deadly.set(source, every.get(source) ?? keys)
  return deadly
}

/** The same finding for another mapping, of whose packets the rules think alike. */
export const findAlike = (
  follower: Follower,
  finding: Finding,
  explored: readonly Explored[],
  mapping: DesiredMapping,
  rows: readonly Row[],
): Finding => {
  const own = finding.rows.flatMap((row) => rows[explored.findIndex((one) => one.row === row)] ?? [])
  const [first] = own
  const point = { ...finding.point, dport: mapping.hostPort }
  if (first === undefined) return finding
  const judgement =
    finding.behind.size === 0
      ? followPoint(follower, first, point)
      : followWithout(follower, first, point, finding.behind)
  if (judgement.kind === 'kept') throw new Error(`${mapping.label} does not fare as it should`)
  return { ...finding, mapping, rows: own, point, judgement, step: blame(first, judgement).step }
}

const alike = new WeakMap<NetfilterChain, ReadonlyMap<NetfilterRule, number>>()

/** How many more rules of a list of bans stand beside this one. */
const countAlike = ({ chain, rule }: TraceStep): number => {
  if (chain === null || rule === null) return 0
  const counts = alike.get(chain) ?? countGroups(chain)
  alike.set(chain, counts)
  return counts.get(rule) ?? 0
}

const countGroups = ({ rules }: NetfilterChain): ReadonlyMap<NetfilterRule, number> => {
  const counts = new Map<NetfilterRule, number>()
  const all = rules.map((_, at) => at)
  for (const { places } of groupRules(rules, all).groups)
    for (const place of places) {
      const rule = rules[place]
      if (rule !== undefined) counts.set(rule, places.length - 1)
    }
  return counts
}

/** The culprits that stop everybody of a row, for certain. */
const findWhole = (
  explored: readonly Explored[],
  traced: readonly Traced[],
): ReadonlyMap<Row, ReadonlySet<object | string>> => {
  const counts = new Map<Row, Map<object | string, number>>()
  for (const { row, findings } of traced) {
    const own = counts.get(row) ?? new Map<object | string, number>()
    counts.set(row, own)
    const keys = findings
      .filter(({ certainty, judgement }) => certainty === 'certain' && judgement.share === 'all')
      .map(({ step }) => culpritKey(step))
    for (const key of new Set(keys)) own.set(key, (own.get(key) ?? 0) + 1)
  }
  return new Map(
    explored.map(({ row, cells }) => [
      row,
      new Set([...(counts.get(row) ?? [])].flatMap(([key, count]) => (count === cells.length ? [key] : []))),
    ]),
  )
}

const rank = { error: 1, warning: 0 } as const
const sureness = { certain: 1, possible: 0 } as const

const merge = (a: Finding, b: Finding): Finding => {
  // The worse one is shown, and of equals the surer.
  const order = rank[b.severity] - rank[a.severity] || sureness[b.certainty] - sureness[a.certainty]
  const [first, second] = order > 0 ? [b, a] : [a, b]
  return {
    ...first,
    rows: [...new Set([...first.rows, ...second.rows])],
    share: a.share === 'all' && b.share === 'all' ? 'all' : 'some',
  }
}

/** A list of bans is one thing to know, not ten thousand. */
const fold = (findings: readonly Finding[]): readonly Finding[] => {
  const apart: Finding[] = []
  const folded = new Map<string, Finding>()
  for (const finding of findings) {
    if (finding.severity === 'error' && apart.length < MOST_APART) {
      apart.push(finding)
      continue
    }
    const { kind, step, severity } = finding
    const { tool, name } = step?.table ?? {}
    const key = [kind, severity, tool, name, step?.chain?.name, step?.hook].join(' ')
    const before = folded.get(key)
    if (before === undefined) folded.set(key, finding)
    else folded.set(key, { ...merge(before, finding), others: Math.max(before.others + 1, finding.others) })
  }
  return [...apart, ...folded.values()]
}
