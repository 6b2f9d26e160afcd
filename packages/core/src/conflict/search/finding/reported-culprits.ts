import { culpritKey } from '../blame/blame.ts'
import type { Finding } from './finding.ts'

/** The culprits that conflicts of mappings name and that stop usual clients. */
export interface ReportedCulprits {
  readonly culprits: Set<object | string>
  /** The lists of bans among these culprits: thousands of mappings share one list. */
  readonly lists: Set<Finding['otherCulprits']>
}

export const noneReported = (): ReportedCulprits => ({ culprits: new Set(), lists: new Set() })

export const addReported = (reported: ReportedCulprits, { culprits, lists }: ReportedCulprits): void => {
  for (const culprit of culprits) reported.culprits.add(culprit)
  for (const list of lists) reported.lists.add(list)
}

/**
 * Remembers the culprits of a mapping, if they stop usual clients. A rule about source ports is reported for the
 * mapping and for the network.
 */
export const rememberReported = ({ culprits, lists }: ReportedCulprits, finding: Finding): void => {
  const { step, isOfUsual, otherCulprits } = finding
  if (!isOfUsual) return
  if (step !== null) culprits.add(culpritKey(step))
  if (lists.has(otherCulprits)) return
  lists.add(otherCulprits)
  for (const culprit of otherCulprits) culprits.add(culprit)
}

/**
 * Lowers a network's warning to an info if a conflict of a mapping names its rule. A rule about the port of a mapping
 * often also meets packets of networks: those of programs that bind that port as their source.
 */
export const lowerReported = (finding: Finding, { culprits }: ReportedCulprits): Finding => {
  const { step, severity, mapping, isOfUsual, otherCulprits } = finding
  const isReported =
    step !== null && culprits.has(culpritKey(step)) && otherCulprits.every((culprit) => culprits.has(culprit))
  return isReported && mapping === null && severity === 'warning' && !isOfUsual
    ? { ...finding, severity: 'info' }
    : finding
}
