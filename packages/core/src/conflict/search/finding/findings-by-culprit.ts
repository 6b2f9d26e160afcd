import { culpritKey } from '../blame/blame.ts'
import { type Explored, type FailedCell, isFailed } from '../members/member-cells.ts'
import type { Row } from '../rows/row.ts'
import { type Finding, isOutward } from './finding.ts'
import { foldLists } from './fold-lists.ts'
import { mergeFindings } from './merge-findings.ts'
import { findDeadly, findWhole } from './spoilt-rows.ts'
import { traceCell } from './traced-cell.ts'

/**
 * Groups failures by cause: one finding for each culprit of a mapping or network, whatever number of rows and packets
 * it spoils.
 *
 * @param isDead - whether a failure leaves a whole row undelivered
 */
export const findingsByCulprit = (
  explored: readonly Explored[],
  isDead: (cell: FailedCell) => boolean,
): readonly Finding[] => {
  const traced = explored.flatMap(({ cells }) =>
    cells.filter(isFailed).map((cell) => traceCell(cell, isDead(cell))),
  )
  const deadly = findDeadly(traced)
  const whole = findWhole(explored, traced)
  const found = new Map<object | string, Map<string, Finding>>()
  for (const { isDead: dead, row, findings } of traced)
    for (const finding of findings) {
      const key = culpritKey(finding.step)
      // A packet that arrives with another source address still arrives.
      const { fault } = finding.judgement
      // An outgoing packet that a proxy takes still arrives somewhere.
      const isStopped = fault === 'stopped' || (fault === 'astray' && row.expected.kind !== 'outside')
      const isDeadly =
        dead && isStopped && finding.certainty === 'certain' && deadly.get(row.source)?.has(key) === true
      const isOpen = fault === 'let-in' && finding.certainty === 'certain'
      const share = whole.get(row)?.has(key) === true ? 'all' : 'some'
      const one: Finding = { ...finding, share, severity: isDeadly || isOpen ? 'error' : 'warning' }
      const byKind = found.get(key) ?? new Map<string, Finding>()
      found.set(key, byKind)
      const kind = `${one.kind} ${isOutward(one)}`
      const before = byKind.get(kind)
      byKind.set(kind, before === undefined ? one : mergeFindings(before, one))
    }
  const cut = new Set(explored.flatMap(({ row, isWhole }) => (isWhole ? [] : [row])))
  return foldLists([...found.values()].flatMap((byKind) => usualFirst([...byKind.values()]))).map(
    (finding) => {
      const shared = withShare(finding, explored)
      return shared.rows.some((row) => cut.has(row)) ? { ...shared, mayBeMore: true } : shared
    },
  )
}

/**
 * Lowers the share to `some` if a row of another protocol is not concerned. A network has a row for each protocol, and
 * no message names the protocol.
 */
const withShare = (finding: Finding, explored: readonly Explored[]): Finding => {
  if (finding.mapping !== null || finding.share === 'some') return finding
  const isSame = (a: Row, b: Row): boolean => a.source === b.source && a.way === b.way && a.in === b.in
  const isAll = explored.every(
    ({ row }) => finding.rows.includes(row) || !finding.rows.some((one) => isSame(one, row)),
  )
  return isAll ? finding : { ...finding, share: 'some' }
}

/**
 * Prefers findings that concern usual clients. A rule that drops packets to a port also drops replies to clients of
 * that port. If usual clients meet the rule in one way, a way in which only other clients meet it is not reported. In
 * rows where usual clients do not meet the rule, the other clients are reported as an info.
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
