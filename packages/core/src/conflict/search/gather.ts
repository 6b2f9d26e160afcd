import { isBan, isLimit } from '../remedy/decision.ts'
import { culpritKey } from './blame.ts'
import { type FailedCell, type Finding, isFailed } from './finding.ts'
import type { Explored } from './member-cells.ts'
import type { Row } from './row.ts'
import { ruleForm } from './rule-form.ts'
import { isUsual } from './severity.ts'
import type { Blamed } from './trail.ts'

/** Warnings of one chain are told together; errors of so many rules apart. */
const MOST_APART = 8

/** A cell with all culprits that stop it, one behind the other. */
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
  explored: readonly Explored[],
  isDead: (cell: FailedCell) => boolean,
): readonly Finding[] => {
  const traced: Traced[] = []
  for (const { cells } of explored) {
    for (const cell of cells)
      if (isFailed(cell))
        traced.push({
          isDead: isDead(cell),
          row: cell.row,
          findings: cell.blamed.map((one, at) => findingOf(cell, one, at < cell.countOfAll)),
        })
  }
  const deadly = findDeadly(traced)
  const whole = findWhole(explored, traced)
  const found = new Map<object | string, Map<string, Finding>>()
  for (const { isDead: dead, row, findings } of traced)
    for (const finding of findings) {
      const key = culpritKey(finding.step)
      // A packet that arrives with another source address arrives.
      const { fault } = finding.judgement
      // So does, somewhere, what a proxy takes that goes out.
      const isStopped = fault === 'stopped' || (fault === 'astray' && row.expected.kind !== 'outside')
      const isDeadly =
        dead && isStopped && finding.certainty === 'certain' && deadly.get(row.source)?.has(key) === true
      const isOpen = fault === 'let-in' && finding.certainty === 'certain'
      const share = whole.get(row)?.has(key) === true ? 'all' : 'some'
      const one: Finding = { ...finding, share, severity: isDeadly || isOpen ? 'error' : 'warning' }
      const byKind = found.get(key) ?? new Map<string, Finding>()
      found.set(key, byKind)
      const before = byKind.get(one.kind)
      byKind.set(one.kind, before === undefined ? one : merge(before, one))
    }
  const cut = new Set(explored.flatMap(({ row, isWhole }) => (isWhole ? [] : [row])))
  return fold([...found.values()].flatMap((byKind) => usualFirst([...byKind.values()]))).map((finding) => {
    const shared = withShare(finding, explored)
    return shared.rows.some((row) => cut.has(row)) ? { ...shared, mayBeMore: true } : shared
  })
}

/** A network has a row for each protocol, which no message names: all of its clients are those of every protocol. */
const withShare = (finding: Finding, explored: readonly Explored[]): Finding => {
  if (finding.mapping !== null || finding.share === 'some') return finding
  const isSame = (a: Row, b: Row): boolean => a.source === b.source && a.way === b.way && a.in === b.in
  const isAll = explored.every(
    ({ row }) => finding.rows.includes(row) || !finding.rows.some((one) => isSame(one, row)),
  )
  return isAll ? finding : { ...finding, share: 'some' }
}

/**
 * A rule that drops what is for a port drops the answers to clients of that port as well: where usual clients meet the
 * rule in one way, the way in which only others meet it is not told apart. Clients of a row that usual clients do not
 * meet the rule in are told of by an info.
 */
const usualFirst = (findings: readonly Finding[]): readonly Finding[] => {
  const usual = findings.filter((one) => one.isOfUsual)
  if (usual.length === 0 || usual.length === findings.length) return findings
  const rows = new Set(usual.flatMap((one) => one.rows))
  const others = findings.filter(
    (one) => !one.isOfUsual && one.isAhead && one.rows.some((row) => !rows.has(row)),
  )
  return [...usual, ...others.map((one): Finding => ({ ...one, severity: 'info' }))]
}

const alone: Pick<Finding, 'otherCulprits' | 'mendedTogether'> = { otherCulprits: [], mendedTogether: [] }

const findingOf = (
  { row, region, point, isBorrowed }: FailedCell,
  one: Blamed,
  isOfAll: boolean,
): Finding => ({
  // Written out: thousands are made.
  kind: one.kind,
  step: one.step,
  certainty: one.certainty,
  judgement: one.judgement,
  behind: one.behind,
  isAhead: one.behind.size === 0,
  others: one.others,
  otherCulprits: alone.otherCulprits,
  mendedTogether: alone.mendedTogether,
  isOfAll,
  isOfUsual: isUsual({ region }),
  severity: 'warning',
  mapping: row.mapping,
  network: row.network,
  rows: [row],
  share: 'some',
  point,
  isBorrowed,
})

/**
 * The culprits of dead rows, by the senders not served: where one of them stops all, a list of bans in front of it is not
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
      .filter(
        ({ certainty, judgement, isOfAll }) =>
          isOfAll && certainty === 'certain' && judgement.share === 'all',
      )
      .map(({ step }) => culpritKey(step))
    for (const key of new Set(keys)) own.set(key, (own.get(key) ?? 0) + 1)
  }
  return new Map(
    explored.map(({ row, cells, isWhole }) => [
      row,
      // Of a row that was not seen whole, nothing is known of all.
      new Set(
        [...(counts.get(row) ?? [])].flatMap(([key, count]) =>
          isWhole && count === cells.length ? [key] : [],
        ),
      ),
    ]),
  )
}

const rank = { error: 2, warning: 1, info: 0 } as const
const sureness = { certain: 1, possible: 0 } as const

const merge = (a: Finding, b: Finding): Finding => {
  // The worse one is shown, of equals the surer, and of these the one with no culprit in front.
  const order =
    rank[b.severity] - rank[a.severity] ||
    sureness[b.certainty] - sureness[a.certainty] ||
    Number(b.isOfUsual) - Number(a.isOfUsual) ||
    a.behind.size - b.behind.size
  const [first, second] = order > 0 ? [b, a] : [a, b]
  // What stands behind another rule is found by chance, with the one packet that was followed: it adds no row.
  if (first.isAhead && !second.isAhead) return { ...first, isOfUsual: a.isOfUsual || b.isOfUsual }
  return {
    ...first,
    rows: [...new Set([...first.rows, ...second.rows])],
    share: a.share === 'all' && b.share === 'all' ? 'all' : 'some',
    isAhead: a.isAhead || b.isAhead,
    isOfUsual: a.isOfUsual || b.isOfUsual,
  }
}

/**
 * A list of bans is one thing to know, not ten thousand. A rule of another form in the same chain is another, as long as
 * there are few forms.
 */
const fold = (findings: readonly Finding[]): readonly Finding[] => {
  const apart: Finding[] = []
  const lists = new Map<string, [Finding, ...Finding[]]>()
  const forms = new Map<string, Set<string>>()
  for (const finding of findings) {
    if (finding.severity === 'error' && apart.length < MOST_APART) {
      apart.push(finding)
      continue
    }
    const { kind, step, severity } = finding
    const { tool, name } = step?.table ?? {}
    const place = [kind, severity, tool, name, step?.chain?.name, step?.hook].join(' ')
    const ofPlace = forms.get(place) ?? new Set<string>()
    forms.set(place, ofPlace)
    const form = step?.rule ? ruleForm(step.rule) : ''
    if (ofPlace.size < MOST_APART) ofPlace.add(form)
    const key = `${place} ${ofPlace.has(form) ? form : ''}`
    const list = lists.get(key)
    if (list === undefined) lists.set(key, [finding])
    else list.push(finding)
  }
  return [...apart, ...[...lists.values()].map(foldList)]
}

/** The worst of a list, and how many more there are; one that only stands behind another does nothing yet. */
const foldList = (list: readonly [Finding, ...Finding[]]): Finding => {
  const [first, ...more] = list
  if (more.length === 0) return first
  const ahead = list.filter(({ behind }) => behind.size === 0).length
  const counts = list.map(({ others }) => others)
  return {
    ...more.reduce(merge, first),
    others: Math.max((ahead || list.length) - 1, ...counts),
    otherCulprits: list.map(({ step }) => culpritKey(step)),
    mendedTogether: list.flatMap(({ step, certainty }) =>
      step?.rule && !isBan(step) && !isLimit(step, certainty) ? [step.rule] : [],
    ),
  }
}
