import { culpritKey } from './blame.ts'
import type { Finding } from './finding.ts'

/** The culprits that conflicts of mappings name and that stop usual clients. */
export interface ToldOfMappings {
  readonly culprits: Set<object | string>
  /** The lists of bans among these culprits: thousands of mappings share one list. */
  readonly lists: Set<Finding['otherCulprits']>
}

export const nothingTold = (): ToldOfMappings => ({ culprits: new Set(), lists: new Set() })

export const addTold = (told: ToldOfMappings, { culprits, lists }: ToldOfMappings): void => {
  for (const culprit of culprits) told.culprits.add(culprit)
  for (const list of lists) told.lists.add(list)
}

/**
 * Remembers the culprits of a mapping, if they stop usual clients. A rule about source ports is reported for the
 * mapping and for the network.
 */
export const rememberTold = ({ culprits, lists }: ToldOfMappings, finding: Finding): void => {
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
export const withTold = (finding: Finding, { culprits }: ToldOfMappings): Finding => {
  const { step, severity, mapping, isOfUsual, otherCulprits } = finding
  const isTold =
    step !== null && culprits.has(culpritKey(step)) && otherCulprits.every((culprit) => culprits.has(culprit))
  return isTold && mapping === null && severity === 'warning' && !isOfUsual
    ? { ...finding, severity: 'info' }
    : finding
}
