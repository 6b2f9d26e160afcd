import type { KernelCause, TraceStep } from '@portolan/netfilter/analysis'
import { isOurs } from '../follow/is-ours.ts'

type Deed = TraceStep['deed']
type Target = (Deed & { kind: 'set' })['target']

/** By the kernel's reason to drop a packet: what a rule set to cause it. */
const consequences: Readonly<Partial<Record<KernelCause['kind'], Target>>> = {
  'hop-limit': 'hop-limit',
  'packet-type': 'pkttype',
}

/** Values that a rule must not set: connection tracking then no longer recognises a packet of the flow, or a reply. */
const misleading: ReadonlySet<Target> = new Set([
  'saddr',
  'daddr',
  'sport',
  'dport',
  'ct-zone',
  'ct-zone-original',
  'ct-zone-reply',
])

const misleads = (deed: Deed): boolean =>
  deed.kind === 'tproxy' || (deed.kind === 'set' && misleading.has(deed.target))

/**
 * Finds the foreign rule that changed a packet so that the kernel loses it, or so that a managed rule drops it as part
 * of no flow.
 *
 * @param last - the step that stopped the packet
 * @returns null when no foreign rule made such a change
 */
export const rewritingStep = (last: TraceStep | null): TraceStep | null => {
  if (last === null) return null
  if (last.table !== null) return isOurs(last) ? stepBefore(last, misleads, true) : null
  const target = last.cause === null ? undefined : consequences[last.cause.kind]
  if (target !== undefined)
    return stepBefore(last, (deed) => deed.kind === 'set' && deed.target === target, false)
  return last.deed.kind === 'lost' ? stepBefore(last, misleads, true) : null
}

/** @param isOfFlow - an earlier packet of the flow may have been changed instead */
const stepBefore = (last: TraceStep, isIt: (deed: Deed) => boolean, isOfFlow: boolean): TraceStep | null => {
  for (let step = last.before; step !== null; step = step.before) {
    if (!isOfFlow && step.packet !== last.packet) return null
    if (step.rule !== null && isIt(step.deed) && !isOurs(step)) return step
  }
  return null
}

/** The effect of such a rule on packets in words: first the certain form, then the possible one. */
export const deedsOf = ({ deed }: TraceStep, packets: string): readonly [string, string] | null => {
  if (deed.kind === 'tproxy')
    return [`hands ${packets} to a proxy on this host`, `may hand ${packets} to a proxy on this host`]
  if (deed.kind === 'rewrite') {
    const does = `rewrites a part of ${packets} so that they may be lost`
    return [does, does]
  }
  const found = deed.kind === 'set' ? settings[deed.target] : undefined
  return found === undefined ? null : [found(packets, 's'), `may ${found(packets, '')}`]
}

const rewrites =
  (what: string) =>
  (packets: string, ending: string): string =>
    `rewrite${ending} the ${what} of ${packets}, and connection tracking does not translate it back`

const zone = (packets: string, ending: string): string =>
  `put${ending} ${packets} into another zone of connection tracking than the rest of their flow`

const settings: Readonly<Partial<Record<Target, (packets: string, ending: string) => string>>> = {
  'hop-limit': (packets, ending) => `give${ending} ${packets} a TTL that is too small`,
  pkttype: (packets, ending) => `give${ending} ${packets} a type that the kernel drops`,
  'ct-zone': zone,
  'ct-zone-original': zone,
  'ct-zone-reply': zone,
  saddr: rewrites('source address'),
  daddr: rewrites('destination address'),
  sport: rewrites('source port'),
  dport: rewrites('destination port'),
}
