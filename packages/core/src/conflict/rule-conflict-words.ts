import type { Wording } from '@portolan/netfilter'
import { bypassed } from './bypassed.ts'
import { cause } from './cause.ts'
import { causeOfDrop, remedyOfWay } from './cause-of-drop.ts'
import { lost, otherPlace, receiver, senders, unreachable, whichPackets } from './effect.ts'
import { egressDropped } from './egress-dropped.ts'
import { kernelRefuses } from './kernel-refuses.ts'
import { networkDropped } from './network-dropped.ts'
import { anotherRoute, changeRule, type Words } from './rule-conflict.ts'
import type { RuleConflictKind } from './search/blame.ts'
import type { Finding } from './search/finding.ts'
import { sourceRewritten } from './source-rewritten.ts'

type WordsOf = (finding: Finding, wording: Wording) => Words

/** Packets are dropped, and their sender hears nothing. */
const dropped =
  (packets: (finding: Finding) => string): WordsOf =>
  (finding) => ({
    message: `${lost(finding)} ${causeOfDrop(finding, packets(finding))}`,
    otherwise: changeRule,
    ...remedyOfWay(finding),
  })

/** What each kind of conflict says that the search through the rules finds. One that says several things has a file. */
export const ruleConflictWords: Readonly<Record<RuleConflictKind, WordsOf>> = {
  // Before the host decides where they go: in raw, mangle, or any chain before routing.
  PreroutingDropped: dropped(
    (finding) => `${whichPackets(finding, 'the packets')} as they come in, before they are routed`,
  ),

  // What a process on the host sends to a published port.
  OutputDropped: dropped((finding) => `${whichPackets(finding, 'the packets')} as they are sent`),

  // After they were translated. An accept in another table, ours too, does not help: a drop anywhere is final (nft(8),
  // OVERALL EVALUATION).
  ForwardDropped: dropped((finding) => whichPackets(finding, 'the forwarded packets')),

  // The first packet arrives, and the answer to it does not come back: it crosses the FORWARD chains too, and by now
  // nothing translates it but connection tracking.
  ReplyDropped: (finding) => ({
    message: `${lost(finding)} The packets arrive, but no reply comes back. ${causeOfDrop(finding, whichPackets(finding, 'the replies'))}`,
    otherwise: 'Let the replies pass, and make sure that they are routed through this host.',
    ...remedyOfWay(finding),
  }),

  // Something earlier translates the packet, and the first binding of a flow wins (net/netfilter/nf_nat_core.c); or a
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

  // What is not tracked is never translated: it meets a local socket, or nothing.
  Notrack: (finding) => {
    const takes = 'the packets out of connection tracking'
    return {
      message: `${unreachable(finding)} ${cause(finding, `takes ${takes}`, `may take ${takes}`)} Packets that are not tracked are not translated.`,
      otherwise: 'Exempt these packets from that rule, so that connection tracking sees them.',
    }
  },

  // What should leave with an address of the host keeps a private one, to which no reply can come back.
  MasqueradeMissing: (finding) => {
    const { certainty, network, rows } = finding
    const from = rows[0]?.way === 'egress' ? `network ${network.name}` : senders(finding)
    return {
      message: `Packets from ${from} to ${receiver(finding)} ${certainty === 'certain' ? 'leave' : 'may leave'} with the container's private address as source, so no reply can come back. ${cause(finding, 'binds the source before the masquerade', 'may bind the source before the masquerade')}`,
      otherwise: 'Exempt these packets from that rule, so that the masquerade comes first.',
    }
  },

  // The kernel runs the one first that was registered last, and does not show the order; a program that reloads later
  // goes first (net/netfilter/core.c, `nf_hook_entries_grow`).
  OrderUndetermined: (finding) => ({
    message: `${receiver(finding)} may not be reachable from ${senders(finding)}. Two chains share one priority and disagree about these packets. The kernel does not show which runs first. ${cause(finding, 'acts on the packets in one of the orders', 'acts on the packets in one of the orders')}`,
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
