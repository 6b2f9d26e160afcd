import type { Blamed } from '../blame/trail.ts'
import type { FailedCell } from '../members/member-cells.ts'
import { isUsual } from '../members/severity.ts'
import type { Row } from '../rows/row.ts'
import type { Finding } from './finding.ts'

/** A cell with all culprits that stop it, one behind the other. */
export interface TracedCell {
  readonly isDead: boolean
  readonly row: Row
  readonly findings: readonly Finding[]
}

/**
 * Makes a finding for each culprit of a failed cell.
 *
 * @param isDead - whether the failure leaves a whole row undelivered
 */
export const traceCell = (cell: FailedCell, isDead: boolean): TracedCell => ({
  isDead,
  row: cell.row,
  findings: cell.blamed.map((one, at) => findingOf(cell, one, at < cell.countOfAll)),
})

const alone: Pick<Finding, 'otherCulprits' | 'mendedTogether'> = { otherCulprits: [], mendedTogether: [] }

const findingOf = (
  { row, region, point, isBorrowed }: FailedCell,
  one: Blamed,
  isOfAll: boolean,
): Finding => ({
  // The fields are listed one by one: thousands are made.
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
