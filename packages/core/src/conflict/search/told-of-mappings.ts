import { culpritKey } from './blame.ts'
import type { Finding } from './finding.ts'

/** The culprits that conflicts of mappings name, as stopping usual clients. */
export interface ToldOfMappings {
  readonly culprits: Set<object | string>
  /** Lists of bans that are among them: thousands of mappings share one. */
  readonly lists: Set<Finding['otherCulprits']>
}

export const nothingTold = (): ToldOfMappings => ({ culprits: new Set(), lists: new Set() })

export const addTold = (told: ToldOfMappings, { culprits, lists }: ToldOfMappings): void => {
  for (const culprit of culprits) told.culprits.add(culprit)
  for (const list of lists) told.lists.add(list)
}

/** Remembers the culprits of a mapping. A rule about source ports concerns mapping and network alike: both are told. */
export const rememberTold = ({ culprits, lists }: ToldOfMappings, finding: Finding): void => {
  const { step, isOfUsual, otherCulprits } = finding
  if (!isOfUsual) return
  if (step !== null) culprits.add(culpritKey(step))
  if (lists.has(otherCulprits)) return
  lists.add(otherCulprits)
  for (const culprit of otherCulprits) culprits.add(culprit)
}

/**
 * A rule that is about the port of a mapping often meets packets of networks as well: those of programs that bind that
 * very port as their source. Where a conflict of a mapping names the rule, that is an info and no second warning.
 */
export const withTold = (finding: Finding, { culprits }: ToldOfMappings): Finding => {
  const { step, severity, mapping, isOfUsual, otherCulprits } = finding
  const isTold =
    step !== null && culprits.has(culpritKey(step)) && otherCulprits.every((culprit) => culprits.has(culprit))
  return isTold && mapping === null && severity === 'warning' && !isOfUsual
    ? { ...finding, severity: 'info' }
    : finding
}
