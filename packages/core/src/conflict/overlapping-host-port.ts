import type { Conflict } from './conflict.ts'
import { culpritOutsideRules } from './conflict.ts'

/**
 * A wildcard and a specific binding on one port. Both work: the specific one wins for its address. Reported
 * because it is as often a slip as it is meant.
 * @internal
 */
export const overlappingHostPort = (
  specific: string,
  wildcard: { readonly project: string; readonly label: string },
): Conflict => ({
  kind: 'OverlappingHostPort',
  severity: 'warning',
  certainty: 'certain',
  mapping: specific,
  network: null,
  message: `${specific} takes its host address out of ${wildcard.label} (project ${wildcard.project}), which binds every address on the same port. The specific one wins.`,
  witness: null,
  culprit: culpritOutsideRules('portolan', wildcard.label, wildcard.project),
  remedy: { text: 'Nothing, if this is meant. Otherwise give one of them another host port.', commands: [] },
  trace: [],
})
