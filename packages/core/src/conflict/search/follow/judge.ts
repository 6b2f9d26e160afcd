import type { Conclusion, Followed } from '@portolan/netfilter/analysis'
import { chooseSource, type Host, hasValue, isLocalAddress } from '@portolan/netfilter/analysis'
import type { Point } from '../region/region.ts'
import type { Closed, Row } from '../rows/row.ts'
import { divertingStep, sourceChangingStep } from './foreign-step.ts'

/** The way in which a flow breaks the promise of the contract. */
export type Fault =
  /** The flow, or a reply to it, was stopped. */
  | 'stopped'
  /** Delivered, but not to the mapping's target. */
  | 'astray'
  /** Delivered to the right place, but with a changed source. */
  | 'source-changed'
  /** Delivered to the right place, but with an unchanged source where a change is promised. */
  | 'source-kept'
  /** Passed where the contract lets nothing in or out. */
  | 'let-in'

/** Whether packets get the result that the contract promises. */
export type Judgement =
  | { readonly kind: 'kept' }
  | {
      readonly kind: 'failed'
      readonly fault: Fault
      /** Whether every possible course fails or only some, by chance or as far as is known. */
      readonly share: 'all' | 'some'
      readonly certainty: 'certain' | 'possible'
      /** The order of chains of equal priority decides. */
      readonly isUndetermined: boolean
      readonly conclusion: Conclusion
      /** A course in which the packet gets the promised result; null: there is none. */
      readonly served: Conclusion | null
    }

/** The judgement of packets that do not get the promised result. */
export type Failed = Judgement & { readonly kind: 'failed' }

const kept: Judgement = { kind: 'kept' }

/** Compares the result of a packet with the promise of its row. */
export const judge = (row: Row, { conclusions, run }: Followed, point: Point, host: Host): Judgement => {
  let worst: { readonly conclusion: Conclusion; readonly fault: Fault } | null = null
  let served: Conclusion | null = null
  let failed = 0
  let sure = false
  let unsure = false
  for (const conclusion of conclusions) {
    const fault = faultOf(row, conclusion, point, host)
    if (conclusion.end.world.unknown) unsure = true
    if (fault === null) {
      served ??= conclusion
      continue
    }
    failed += 1
    const { unknown, doubted, isOfOthers } = conclusion.end.world
    // The result may depend on the client's address. Then the packet shown must be one that fails.
    const isSure = !unknown && !doubted && !isOfOthers
    if (worst === null || (isSure && !sure)) worst = { conclusion, fault }
    sure ||= isSure
  }
  if (worst === null) return kept
  const all = failed === conclusions.length
  // A random match eventually selects every flow, so its failure is certain. A match we cannot evaluate may never
  // apply, so its failure is only possible.
  const certain =
    (all || (sure && !unsure)) &&
    !run.truncated &&
    !run.doubtful &&
    run.undetermined.size === 0 &&
    !mayComeBack(row, worst.fault)
  return {
    kind: 'failed',
    ...worst,
    share: all ? 'all' : 'some',
    certainty: certain ? 'certain' : 'possible',
    isUndetermined: run.undetermined.size > 0 && !all,
    served,
  }
}

/**
 * Whether a packet passes where the row is closed. One packet is enough, whatever happens to the reply: a datagram
 * needs none.
 */
const passes = ({ out, to }: Closed, { kind, world }: Conclusion['reached']): boolean =>
  kind === 'out' && out.has(world.out?.name ?? '') && (to === null || hasValue(to, world.daddr))

/** Whether a packet that was not translated on its way to a bridge has the source that the contract promises. */
const isSeenAs = (
  seenAs: 'own' | 'gateway',
  { family, region }: Row,
  source: number | bigint,
  point: Point,
  host: Host,
): boolean =>
  seenAs === 'own'
    ? source === point.saddr
    : hasValue(region.saddr, source) ||
      // If a route names another of the host's addresses, the kernel chooses that one. No rule has changed the source
      // then.
      source === chooseSource(host, { family, daddr: point.daddr })

/** Whether replies to the changed source may still come back: another router may route that address here. */
const mayComeBack = ({ expected }: Row, fault: Fault): boolean =>
  fault === 'source-changed' && expected.kind === 'outside' && expected.seenAs === 'host'

/**
 * Whether a packet left for its receiver by another interface than its bridge. The result of the reply then says
 * nothing.
 */
const isLedAway = ({ expected }: Row, { kind, world }: Conclusion['reached']): boolean =>
  expected.kind === 'delivered' &&
  kind === 'out' &&
  expected.to.some(({ address, port }) => address === world.daddr && port === world.dport) &&
  !expected.to.some(({ address, bridge }) => address === world.daddr && bridge === world.out?.name)

const faultOf = (row: Row, { reached, end }: Conclusion, point: Point, host: Host): Fault | null => {
  if (row.expected.kind === 'closed') return passes(row.expected, reached) ? 'let-in' : null
  if (end.kind === 'dropped' || end.kind === 'rejected' || end.kind === 'unrouted')
    return isLedAway(row, reached) ? 'astray' : 'stopped'
  const { expected } = row
  const { world } = reached
  if (expected.kind === 'outside') {
    if (reached.kind !== 'out' || world.daddr !== point.daddr || world.dport !== point.dport)
      return divertingStep(world.trace) === null ? null : 'astray'
    const isOwn = world.saddr === point.saddr
    if (expected.seenAs === 'own') return isOwn ? null : 'source-changed'
    if (isOwn) return 'source-kept'
    if (isLocalAddress(host, row.family, world.saddr)) return null
    // An address of the network itself is no better than the container's own: no outside machine can answer it.
    if (hasValue(row.region.saddr, world.saddr)) return 'source-kept'
    return sourceChangingStep(world.trace) === null ? null : 'source-changed'
  }
  if (reached.kind !== 'out') return 'astray'
  const out = world.out?.name ?? ''
  if (expected.kind === 'through') {
    if (world.daddr !== point.daddr || world.dport !== point.dport || out !== expected.bridge) return 'astray'
    return isSeenAs(expected.seenAs, row, world.saddr, point, host) ? null : 'source-changed'
  }
  const place = expected.to.find(
    ({ address, port, bridge }) => address === world.daddr && port === world.dport && bridge === out,
  )
  if (place === undefined) return 'astray'
  switch (expected.seenAs) {
    case 'any':
      return null
    case 'host':
      return isLocalAddress(host, row.family, world.saddr) ? null : 'source-changed'
    case 'own':
      return world.saddr === point.saddr || row.isFromEngine === true ? null : 'source-changed'
    case 'gateway':
      // A target on another bridge sees the client's own source address.
      if (row.in !== null && row.in !== place.bridge)
        return world.saddr === point.saddr ? null : 'source-changed'
      if (place.gateway === null || world.saddr === place.gateway) return null
      return world.saddr === point.saddr ? 'source-kept' : 'source-changed'
  }
}
