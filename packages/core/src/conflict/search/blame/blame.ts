import {
  type Conclusion,
  isAnswer,
  type Route,
  type TraceStep,
  toolOfChain,
  type World,
} from '@portolan/netfilter/analysis'
import type { ConflictKind } from '../../conflict.ts'
import {
  bindsSource,
  divertingStep,
  isDestinationChange,
  isForeign,
  isSourceChange,
  stepOf,
} from '../follow/foreign-step.ts'
import { isOurs } from '../follow/is-ours.ts'
import type { Failed } from '../follow/judge.ts'
import type { Row } from '../rows/row.ts'
import { rewritingStep } from './rewriting-step.ts'
import { strayInterface } from './stray-interface.ts'

/** The cause of a failed flow, with the kind of conflict. */
export interface Blame {
  readonly kind: RuleConflictKind
  /** The rule, policy or part of the kernel that acted; null: nothing acted where something should have. */
  readonly step: TraceStep | null
}

/** The kinds of conflict that the search finds. */
export type RuleConflictKind = Extract<
  ConflictKind,
  | 'DnatShadowed'
  | 'PreroutingDropped'
  | 'OutputDropped'
  | 'ForwardDropped'
  | 'ReplyDropped'
  | 'Notrack'
  | 'SourceRewritten'
  | 'MasqueradeMissing'
  | 'OrderUndetermined'
  | 'EgressDropped'
  | 'NetworkDropped'
  | 'ForwardingDisabled'
  | 'ReversePathFilterStrict'
  | 'RouteLocalnetDisabled'
  | 'Bypassed'
>

/** Whether the mark that a step set leads packets away. */
export type LeadsAway = (step: TraceStep) => boolean

/** Finds out why a flow fails. */
export const blame = (row: Row, failed: Failed, leads: LeadsAway): Blame => {
  const found = blameStep(row, failed, leads)
  if (failed.isUndetermined) return { ...found, kind: 'OrderUndetermined' }
  if (row.mapping !== null || found.kind === 'Notrack') return found
  const byRules: readonly ConflictKind[] = [
    'PreroutingDropped',
    'OutputDropped',
    'ForwardDropped',
    'ReplyDropped',
    'DnatShadowed',
  ]
  if (!byRules.includes(found.kind)) return found
  return { ...found, kind: row.way === 'egress' ? 'EgressDropped' : 'NetworkDropped' }
}

const blameStep = (row: Row, { fault, conclusion }: Failed, leads: LeadsAway): Blame => {
  const { reached, end } = conclusion
  const last = end.world.trace
  const untracked = stepOf(last, ({ deed }) => deed.kind === 'notrack')
  // Without connection tracking, nothing is translated, on the way there or back.
  const isTracked = reached.world.tracking === 'tracked' && end.world.tracking !== 'untracked'
  if (untracked !== null && !isTracked) return { kind: 'Notrack', step: untracked }
  switch (fault) {
    case 'let-in':
      return { kind: 'Bypassed', step: null }
    case 'source-changed':
      return { kind: 'SourceRewritten', step: stepOf(last, isSourceChange) }
    case 'source-kept':
      return { kind: 'MasqueradeMissing', step: stepOf(last, isSourceBinding) }
    case 'astray':
      return { kind: 'DnatShadowed', step: strayStep(row, end.world, reached.world, leads) }
    case 'stopped': {
      // A destination changed to a place that does not answer is a wrong destination.
      const elsewhere = isElsewhere(row, reached.world) ? stepOf(last, isDestinationChange) : null
      if (elsewhere !== null) return { kind: 'DnatShadowed', step: elsewhere }
      return (
        ledAway(conclusion, leads) ??
        unanswerable(row, reached.world, last) ?? {
          kind: droppedKind(last),
          step: rewritingStep(last) ?? last,
        }
      )
    }
  }
}

/**
 * Blames the mark or route that led a packet to a wrong interface. Either a reply leaves by another interface than the
 * one its receiver is behind, or a later packet leaves by another one than the first. A mark on only the first packet
 * leads the first packet away.
 */
const ledAway = ({ reached, end: { world } }: Conclusion, leads: LeadsAway): Blame | null => {
  const { trace, route } = world
  if (trace === null || strayInterface({ reached, world }) === null) return null
  const step = markOn(world, leads) ?? (trace.cause?.kind === 'astray' ? markOn(reached.world, leads) : null)
  return { kind: droppedKind(trace), step: step ?? (route === null ? trace : routeStep(world, route)) }
}

const markOn = ({ trace, packet }: World, leads: LeadsAway): TraceStep | null =>
  stepOf(trace, (step) => step.packet === packet && !isOurs(step) && setsMark(step) && leads(step))

/**
 * Blames the change of source, or its absence, when no rule dropped the reply on its way to the kernel. The reply then
 * fails because of its destination, which is the source that the container saw. A container cannot answer its own
 * address, or an address that it does not reach through the host.
 */
const unanswerable = (row: Row, { saddr, original }: World, last: TraceStep | null): Blame | null => {
  if (last === null || last.table !== null || droppedKind(last) !== 'ReplyDropped') return null
  const isKept = original !== null && original.saddr === saddr
  // The contract asks for a changed source only where the source must be the gateway.
  if (isKept && (row.expected.kind !== 'delivered' || row.expected.seenAs !== 'gateway')) return null
  const step = stepOf(last, isKept ? isSourceBinding : isSourceChange)
  return step === null ? null : { kind: isKept ? 'MasqueradeMissing' : 'SourceRewritten', step }
}

/** The step that leads a flow to a wrong place: a translation, or a route if the translation is right or not needed. */
const strayStep = (row: Row, { trace }: World, world: World, leads: LeadsAway): TraceStep | null => {
  if (row.expected.kind === 'outside') return divertingStep(world.trace)
  const foreign = stepOf(trace, isDestinationChange)
  if (foreign !== null) return foreign
  if (isElsewhere(row, world)) return foreignStep(trace) ?? stepOf(trace, isManagedTranslation)
  // A mark selects the table that the route comes from.
  const marked = stepOf(world.trace, (step) => isForeign(step) && setsMark(step) && leads(step))
  return marked ?? (world.route === null ? foreignStep(trace) : routeStep(world, world.route))
}

/** Whether a rule gave the packet another mark. */
export const setsMark = ({ rule, deed }: TraceStep): boolean =>
  rule !== null && deed.kind === 'set' && deed.target === 'mark'

/** Makes a step for a route. Routing leaves no step of its own unless something goes wrong. */
const routeStep = ({ trace, hook, reply, packet }: World, { text, link }: Route): TraceStep => ({
  before: trace,
  hook,
  reply,
  packet,
  table: null,
  chain: null,
  rule: null,
  deed: { kind: 'misroute' },
  cause: {
    kind: 'route',
    text: `route ${text}${link === null || /\bdev\b/.test(text) ? '' : ` dev ${link.name}`}`,
  },
})

const isElsewhere = ({ expected }: Row, { daddr, dport, original }: World): boolean => {
  switch (expected.kind) {
    case 'delivered':
      return !expected.to.some(({ address, port }) => address === daddr && port === dport)
    case 'through':
      return original !== null && original.daddr !== daddr
    case 'closed':
    case 'outside':
      // A proxy for outgoing packets is intended. What stops the packet afterwards is not.
      return false
  }
}

const droppedKind = (last: TraceStep | null): RuleConflictKind => {
  if (last === null) return 'ForwardDropped'
  if (last.cause?.kind === 'sysctl') {
    const { setting, value } = last.cause
    if (setting === 'forwarding') return 'ForwardingDisabled'
    if (setting === 'route_localnet') return 'RouteLocalnetDisabled'
    if (setting === 'rp_filter' && value === 1) return 'ReversePathFilterStrict'
  }
  // A reply that conntrack takes for the start of a flow is still a reply.
  if (last.reply || isAnswer(last.packet)) return 'ReplyDropped'
  if (last.hook === 'prerouting' || last.hook === 'ingress') return 'PreroutingDropped'
  return last.hook === 'output' ? 'OutputDropped' : 'ForwardDropped'
}

/** Whether a rule of ours changes the destination of a packet. */
export const isManagedTranslation = (step: TraceStep): boolean =>
  step.rule !== null &&
  !step.reply &&
  isOurs(step) &&
  step.deed.kind === 'translate' &&
  step.deed.type === 'dnat'

/**
 * Whether a foreign rule kept a managed rule from setting the source. The rule bound the source first, even to itself,
 * or it ended the chain that holds the managed rule. In nftables, the end of another chain does not keep later chains
 * from running.
 */
const isSourceBinding = (step: TraceStep): boolean =>
  isForeign(step) && (bindsSource(step) || isEndOfNat(step))

const isEndOfNat = ({ hook, table, chain, deed }: TraceStep): boolean =>
  hook === 'postrouting' &&
  table !== null &&
  toolOfChain(table, chain) !== 'nft' &&
  table.name === 'nat' &&
  (deed.kind === 'accept' || (deed.kind === 'return' && chain?.base !== null))

/** The last foreign step of the packet on its way there that is not a jump, goto or return. */
const foreignStep = (last: TraceStep | null): TraceStep | null =>
  stepOf(last, (step) => isForeign(step) && !['jump', 'goto', 'return'].includes(step.deed.kind))

/** The identity of a culprit: its rule, the chain of its policy, or the kernel's cause. */
export const culpritKey = (step: TraceStep | null): object | string =>
  step === null ? 'none' : (step.rule ?? step.chain ?? step.cause?.text ?? 'kernel')
