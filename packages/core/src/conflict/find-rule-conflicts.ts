import { families } from '../address/index.ts'
import type { DesiredState } from '../desired/index.ts'
import { prepareFollower } from '../evaluate/follow.ts'
import type { HostFacts } from '../facts/index.ts'
import type { NetfilterRuleset } from '../netfilter/index.ts'
import type { Conflict } from './conflict.ts'
import { dnatShadowed } from './dnat-shadowed.ts'
import { egressDropped } from './egress-dropped.ts'
import { findDnatShadows } from './find-dnat-shadows.ts'
import { forwardDropped } from './forward-dropped.ts'
import { kernelRefuses } from './kernel-refuses.ts'
import { masqueradeMissing } from './masquerade-missing.ts'
import { networkDropped } from './network-dropped.ts'
import { notrack } from './notrack.ts'
import { orderUndetermined } from './order-undetermined.ts'
import { outputDropped } from './output-dropped.ts'
import { preroutingDropped } from './prerouting-dropped.ts'
import { replyDropped } from './reply-dropped.ts'
import type { RuleConflictKind } from './search/blame.ts'
import { type Explored, explore } from './search/explore.ts'
import { type ExploredMapping, exploreMappings } from './search/explore-mappings.ts'
import type { Finding } from './search/finding.ts'
import { findAlike, gather } from './search/gather.ts'
import { networkRows } from './search/network-rows.ts'
import { plannedFacts } from './search/planned-facts.ts'
import { findDeadAddresses } from './search/severity.ts'
import { surroundingsOf } from './search/surroundings.ts'
import { hasTranslations, withoutOurs } from './search/without-ours.ts'
import { sourceRewritten } from './source-rewritten.ts'

/** @public @since 0.1.0 */
export interface RuleConflictOptions {
  /** False: the plan leaves sysctls as the facts have them. True unless told. */
  readonly setsSysctls?: boolean
}

/**
 * What the rules on a host do to a project: for each mapping and network, and each row of the reachability contract
 * it takes part in, the packets that would not fare as promised, one of them for a witness, who is to blame, and what
 * to do. Exact: every packet that the rules can tell apart is looked at. Pure, and as good for a dump of another
 * machine.
 *
 * @param facts - of the host as it is; the project's bridges need not be there yet
 * @param rulesets - all rules of the host with the project's own among them, as `lower` gives them
 * @internal
 */
export const findRuleConflicts = (
  desired: DesiredState,
  facts: HostFacts,
  rulesets: readonly NetfilterRuleset[],
  { setsSysctls = true }: RuleConflictOptions = {},
): readonly Conflict[] => {
  const planned = plannedFacts(desired, facts, setsSysctls)
  const follower = prepareFollower(planned, rulesets)
  const others = withoutOurs(rulesets)
  const today = hasTranslations(others) ? prepareFollower(facts, others) : null
  const around = {
    ip: surroundingsOf(follower.host, facts, desired, 'ip'),
    ip6: surroundingsOf(follower.host, facts, desired, 'ip6'),
  }
  const mappings = exploreMappings(follower, desired, around)
  const networks = desired.networks.flatMap((network) =>
    families.map((family) =>
      networkRows(network, family, around[family]).map((row) => explore(follower, row)),
    ),
  )
  const conflicts: Conflict[] = []
  for (const { mapping, explored, alike } of mappings) {
    const isDead = findDeadAddresses(explored, around[mapping.family])
    const findings = gather(follower, explored, isDead)
    conflicts.push(...findings.map(inWords))
    for (const other of alike)
      for (const finding of findings)
        conflicts.push(inWords(findAlike(follower, finding, explored, other.mapping, other.rows)))
    if (today === null) continue
    conflicts.push(...findDnatShadows(today, explored))
    for (const { rows } of alike)
      conflicts.push(
        ...findDnatShadows(
          today,
          rows.map((row) => explore(follower, row)),
        ),
      )
  }
  for (const explored of networks) {
    const dead = explored.length > 0 && isLost(explored, mappings)
    conflicts.push(...gather(follower, explored, () => dead).map(inWords))
  }
  return conflicts
}

/** Nothing of the network works: what is its own, and what is published from it. */
const isLost = (own: readonly Explored[], mappings: readonly ExploredMapping[]): boolean => {
  const [first] = own
  if (first === undefined) return false
  const { network, family } = first.row
  const published = mappings
    .flatMap(({ explored }) => explored)
    .filter(({ row }) => row.network === network && row.family === family)
  return [...own, ...published].every(({ cells }) =>
    cells.every(({ judgement }) => judgement.kind === 'failed' && judgement.certainty === 'certain'),
  )
}

const words: Readonly<Record<RuleConflictKind, (finding: Finding) => Conflict>> = {
  DnatShadowed: dnatShadowed,
  EgressDropped: egressDropped,
  ForwardDropped: forwardDropped,
  ForwardingDisabled: kernelRefuses,
  MasqueradeMissing: masqueradeMissing,
  NetworkDropped: networkDropped,
  Notrack: notrack,
  OrderUndetermined: orderUndetermined,
  OutputDropped: outputDropped,
  PreroutingDropped: preroutingDropped,
  ReplyDropped: replyDropped,
  RouteLocalnetDisabled: kernelRefuses,
  SourceRewritten: sourceRewritten,
}

const inWords = (finding: Finding): Conflict => words[finding.kind](finding)
