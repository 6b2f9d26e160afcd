import type { TraceStep } from '@portolan/netfilter/analysis'
import { isOurs } from './is-ours.ts'

/** The deeds of rules, each with what the kernel says of a packet that is lost for it. */
const consequences: readonly (readonly [deed: RegExp, said: RegExp])[] = [
  [/^set hop-limit$/, /^(TTL \d|the TTL )/],
  [/^set pkttype$/, /^packet type /],
]

/** Deeds after which connection tracking no longer knows a packet of a flow, or a reply does not fit. */
const misleading = /^(set ([sd]addr|[sd]port|ct-zone(-original|-reply)?)|tproxy)$/

/**
 * The rule without which a packet would not be lost where the kernel says that it is lost, or where one of our rules drops
 * what belongs to no flow.
 *
 * @param last - what stopped the packet
 * @returns null when no rule of others changed it in such a way
 */
export const rewritingStep = (last: TraceStep | null): TraceStep | null => {
  if (last === null) return null
  if (last.table !== null) return isOurs(last) ? stepBefore(last, misleading, true) : null
  const found = consequences.find(([, said]) => said.test(last.text ?? ''))
  if (found !== undefined) return stepBefore(last, found[0], false)
  return last.verdict === 'lost' ? stepBefore(last, misleading, true) : null
}

/** @param isOfFlow - it may have been done to an earlier packet of the flow */
const stepBefore = (last: TraceStep, deed: RegExp, isOfFlow: boolean): TraceStep | null => {
  for (let step = last.before; step !== null; step = step.before) {
    if (!isOfFlow && step.packet !== last.packet) return null
    if (step.rule !== null && deed.test(step.verdict) && !isOurs(step)) return step
  }
  return null
}

/** What a rule that is found so does to packets, and the same where it is only possible. */
export const deedsOf = ({ verdict }: TraceStep, packets: string): readonly [string, string] | null => {
  if (verdict === 'tproxy')
    return [`hands ${packets} to a proxy on this host`, `may hand ${packets} to a proxy on this host`]
  if (verdict === 'rewrite') {
    const does = `rewrites a part of ${packets} so that they may be lost`
    return [does, does]
  }
  const found = deeds[verdict]
  return found === undefined ? null : [found(packets, 's'), `may ${found(packets, '')}`]
}

const rewrites =
  (what: string) =>
  (packets: string, ending: string): string =>
    `rewrite${ending} the ${what} of ${packets}, and connection tracking does not translate it back`

const zone = (packets: string, ending: string): string =>
  `put${ending} ${packets} into another zone of connection tracking than the rest of their flow`

const deeds: Readonly<Record<string, (packets: string, ending: string) => string>> = {
  'set hop-limit': (packets, ending) => `give${ending} ${packets} a TTL that is too small`,
  'set pkttype': (packets, ending) => `give${ending} ${packets} a type that the kernel drops`,
  'set ct-zone': zone,
  'set ct-zone-original': zone,
  'set ct-zone-reply': zone,
  'set saddr': rewrites('source address'),
  'set daddr': rewrites('destination address'),
  'set sport': rewrites('source port'),
  'set dport': rewrites('destination port'),
}
