import type { Wording } from '@portolan/netfilter'
import type { RuleConflictKind } from '../search/blame/blame.ts'
import type { Finding } from '../search/finding/finding.ts'
import { bypassed } from './bypassed.ts'
import { cause } from './cause.ts'
import { causeOfDrop, remedyOfWay } from './cause-of-drop.ts'
import { effectOfDrop, otherPlace, packetsText, receiver, senders, unreachable } from './effect.ts'
import { egressDropped } from './egress-dropped.ts'
import { kernelRefuses } from './kernel-refuses.ts'
import { networkDropped } from './network-dropped.ts'
import { anotherRoute, changeRule, type Words } from './rule-conflict.ts'
import { otherSource, sourceRewritten } from './source-rewritten.ts'

type WordsOf = (finding: Finding, wording: Wording) => Words

/** The words for dropped packets: the sender gets no error. */
const dropped =
  (packets: (finding: Finding) => string): WordsOf =>
  (finding) => ({
    message: `${effectOfDrop(finding)} ${causeOfDrop(finding, packets(finding))}`,
    otherwise: changeRule,
    ...remedyOfWay(finding),
  })

const privateSource = (finding: Finding): string => {
  const { certainty, network, rows } = finding
  const from = rows[0]?.way === 'egress' ? `network ${network.name}` : senders(finding)
  return `Packets from ${from} to ${receiver(finding)} ${certainty === 'certain' ? 'leave' : 'may leave'} with the container's private address as source, so no reply can come back.`
}

/** The effect of the order that does harm: packets may be lost, or arrive from another source. */
const effectOfOrder = (finding: Finding): string => {
  switch (finding.judgement.fault) {
    case 'source-changed':
      return otherSource(finding)
    case 'source-kept':
      return privateSource(finding)
    default:
      return effectOfDrop(finding)
  }
}

/**
 * The words of each kind of conflict that the search through the rules finds. A kind with several forms has a file of
 * its own.
 */
export const ruleConflictWords: Readonly<Record<RuleConflictKind, WordsOf>> = {
  // Dropped before the routing decision: in raw, mangle, or any prerouting chain.
  PreroutingDropped: dropped(
    (finding) => `${packetsText(finding, 'the packets')} as they come in, before they are routed`,
  ),

  // Packets from a process on the host to a published port.
  OutputDropped: dropped((finding) => `${packetsText(finding, 'the packets')} as they are sent`),

  // Dropped after translation. An accept in another table, also in Portolan's, does not help: a drop anywhere is final
  // (nft(8), OVERALL EVALUATION).
  ForwardDropped: dropped((finding) => packetsText(finding, 'the forwarded packets')),

  // The first packet arrives, and its reply does not come back. The reply crosses the FORWARD chains too, and only
  // connection tracking translates it.
  ReplyDropped: (finding) => ({
    message: `${effectOfDrop(finding)} The packets arrive, but ${finding.certainty === 'certain' ? 'no reply comes back' : 'replies may not come back'}. ${causeOfDrop(finding, packetsText(finding, 'the replies'))}`,
    otherwise: 'Let the replies pass, and make sure that they are routed through this host.',
    ...remedyOfWay(finding),
  }),

  // An earlier rule translates the packet, and the first binding of a flow wins (net/netfilter/nf_nat_core.c). Or a
  // route leads the translated packet away from the container's bridge.
  DnatShadowed: (finding) => {
    const sends = `the packets to ${otherPlace(finding)}`
    const isRoute = finding.step !== null && finding.step.table === null
    return {
      message: `${unreachable(finding)} ${cause(finding, isRoute ? `leads ${sends}` : `comes first and sends ${sends}`, `may send ${sends}`)}`,
      otherwise: 'Publish on another host port, or delete that rule.',
      besides: 'Publish on another host port, or take back what sends these packets elsewhere.',
      ...(isRoute ? { remedy: anotherRoute } : {}),
    }
  },

  // A packet that is not tracked is not translated: it meets a local socket, or nothing.
  Notrack: (finding) => {
    const takes = 'the packets out of connection tracking'
    return {
      message: `${unreachable(finding)} ${cause(finding, `takes ${takes}`, `may take ${takes}`)} Packets that are not tracked are not translated.`,
      otherwise: 'Exempt these packets from that rule, so that connection tracking sees them.',
    }
  },

  // Packets that should leave with an address of the host keep a private source, so no reply can come back.
  MasqueradeMissing: (finding) => ({
    message: `${privateSource(finding)} ${cause(finding, 'binds the source before the masquerade', 'may bind the source before the masquerade')}`,
    otherwise: 'Exempt these packets from that rule, so that the masquerade comes first.',
  }),

  // Of two chains with equal priority, the kernel runs the one first that was registered last, and does not show the
  // order. A program that reloads later goes first (net/netfilter/core.c, `nf_hook_entries_grow`).
  OrderUndetermined: (finding) => ({
    message: `${effectOfOrder(finding)} Two chains share one priority and disagree about these packets. The kernel does not show which runs first. ${cause(finding, 'acts on the packets in one of the orders', 'acts on the packets in one of the orders')}`,
    otherwise: 'Give one of the chains another priority.',
  }),

  SourceRewritten: sourceRewritten,
  EgressDropped: egressDropped,
  NetworkDropped: networkDropped,
  Bypassed: bypassed,
  ForwardingDisabled: kernelRefuses,
  RouteLocalnetDisabled: kernelRefuses,
  ReversePathFilterStrict: kernelRefuses,
}
