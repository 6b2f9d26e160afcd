import type { Conflict } from './conflict.ts'
import { called, callers, culpritName, ruleConflict } from './rule-conflict.ts'
import { type Finding, tellFinding } from './search/finding.ts'

/**
 * Somebody earlier translates the packet, and the first binding of a flow wins (net/netfilter/nf_nat_core.c).
 * @internal
 */
export const dnatShadowed = (finding: Finding): Conflict =>
  ruleConflict(finding, {
    message: `Packets of ${callers(finding)} for ${called(finding)} ${finding.certainty === 'certain' ? 'go' : 'may go'} to ${destination(finding)} instead: ${culpritName(finding)} comes first.`,
    otherwise: 'Publish on another host port, or take away what comes first.',
  })

const destination = (finding: Finding): string => {
  const { at, outcome } = tellFinding(finding)
  const world = finding.judgement.conclusion.reached.world
  if (at === null) return 'nobody'
  if (outcome === 'local' && world.tproxy) return 'a proxy on this host'
  const place = at.address.includes(':') ? `[${at.address}]` : at.address
  return `${at.port === null ? at.address : `${place}:${at.port}`}${outcome === 'local' ? ' on this host' : ''}`
}
