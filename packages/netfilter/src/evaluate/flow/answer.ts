import { conntrackStatus, protocolNumber } from '../../model/index.ts'
import { learn } from '../learn/learn.ts'
import { membership } from '../learn/learner.ts'
import { swapOrigins } from '../packet/origins.ts'
import type { Traffic } from '../packet/traffic.ts'
import { part, type World } from '../packet/world.ts'
import type { Link } from '../route/link.ts'
import { type End, endBy, fork, isArrival, mergeRun, noteEvent, type Run, startRun } from '../walk/run.ts'
import { receive } from './receive.ts'
import { isRival } from './rival-entry.ts'
import { send } from './send.ts'
import { missedLink } from './way-back.ts'

const SYN_ACK = 18
const ACK = 16

/**
 * Whether the receiver answers a packet. Of ICMP only echo requests get an answer. Invalid, untracked and related
 * packets get none.
 */
const isAnswered = (world: World): boolean => {
  if (world.given !== 'new' && world.given !== 'established') return false
  if (world.protocol === protocolNumber.icmp) return world.icmpType === 8
  return world.protocol !== protocolNumber.icmpv6 || world.icmpType === 128
}

/**
 * Follows the answer of the machine that a packet reached, back to the sender.
 *
 * @param began - how the first packet of the flow began
 * @param reached - the end of the packet that is answered
 * @returns the ends of the answer; the end of the packet itself where there is none to follow
 */
export const followAnswer = (traffic: Traffic, began: World, reached: End, run: Run): readonly End[] => {
  const { world } = reached
  if (!isArrival(reached) || !isAnswered(world)) return [reached]
  const answer = makeAnswer(world, reached.kind === 'local', began)
  return followBack(traffic, began, reached, answer, run).map((end) => withoutRival(world, end))
}

/**
 * Follows another answer where conntrack took the one before it for the beginning of a flow of its own. Conntrack still
 * does, but the entry exists by now.
 *
 * @param answered - the end of that earlier answer
 */
export const followAnswerAgain = (
  traffic: Traffic,
  began: World,
  reached: End,
  { world: { original, answer, status, ctMark, entryZone, entryZoneWay, unknown, trace } }: End,
  run: Run,
): readonly End[] =>
  followBack(
    traffic,
    began,
    reached,
    {
      ...makeAnswer(reached.world, reached.kind === 'local', began),
      reply: false,
      original,
      answer,
      status: status | conntrackStatus.confirmed,
      ctMark,
      entryZone,
      entryZoneWay,
      boundSource: true,
      boundDestination: true,
      unknown,
      trace,
    },
    run,
  )

const followBack = (
  traffic: Traffic,
  began: World,
  reached: End,
  answer: World,
  run: Run,
): readonly End[] => {
  const { world } = reached
  const own: Run = { ...startRun(), copies: run.copies }
  const back: Traffic = { ...traffic, run: own }
  if (reached.kind === 'local') send(back, answer)
  else if (world.saddr === world.daddr)
    // The packet is translated onto its own sender. IPv4 refuses a source that is the receiver's own address
    // (net/ipv4/fib_frontend.c `fib_validate_source`). IPv6 accepts it, but then the sender answers itself.
    endBy(
      own,
      'dropped',
      answer,
      { kind: 'drop' },
      { kind: 'answer', text: 'the receiver is the sender: it cannot answer through the host' },
    )
  else if (isLoopback(world.saddr))
    endBy(
      own,
      'dropped',
      answer,
      { kind: 'drop' },
      { kind: 'answer', text: 'the receiver has no way to answer a loopback source' },
    )
  else if (world.out !== null) receive(back, answer, world.out)
  mergeRun(run, own)
  return own.ends.flatMap((end) => judge(traffic, began, reached, end))
}

const isLoopback = (address: number | bigint): boolean =>
  typeof address === 'number' ? address >>> 24 === 127 : address === 1n

const makeAnswer = (world: World, isLocal: boolean, began: World): World => ({
  family: world.family,
  protocol: world.protocol,
  given: world.given,
  packet: world.packet === 3 ? 4 : 2,
  tcpFlags: world.packet === 3 || world.given === 'established' ? ACK : SYN_ACK,
  icmpType: world.protocol === protocolNumber.icmpv6 ? 129 : 0,
  icmpCode: world.icmpCode,
  saddr: world.daddr,
  daddr: world.saddr,
  sport: world.dport,
  dport: world.sport,
  origins: swapOrigins(world.origins),
  in: isLocal ? null : world.out,
  out: null,
  port: null,
  viaBridge: false,
  bridged: false,
  mark: 0,
  packetType: 0,
  hopLimit: null,
  looped: false,
  hook: isLocal ? 'output' : 'prerouting',
  route: null,
  routedBy: null,
  // Without an entry, connection tracking sees the flow for the first time on the way back. An entry also stays where
  // the packet before the answer was invalid or not tracked.
  tracking: 'pending',
  state: world.state,
  reply: true,
  original: world.original,
  answer: world.original === null ? null : world.answer,
  // The answer itself sets SEEN_REPLY; ASSURED comes with the packet after it (nf_conntrack_core.c, later-packets.ts).
  status:
    world.original === null ? 0 : world.status | conntrackStatus.confirmed | conntrackStatus['seen-reply'],
  ctMark: world.ctMark,
  zone: 0,
  zoneWay: 'both',
  entryZone: world.entryZone,
  entryZoneWay: world.entryZoneWay,
  boundSource: world.boundSource,
  boundDestination: world.boundDestination,
  sourcePorts: world.sourcePorts,
  tproxy: false,
  rerouted: null,
  returnBy: began.in,
  learner: world.learner,
  unknown: world.unknown,
  doubted: world.doubted,
  isOfOthers: world.isOfOthers,
  trace: world.trace,
})

/** Judges an answer: it must reach the sender, and come from the address that the sender asked. */
const judge = ({ host, run }: Traffic, began: World, reached: End, end: End): readonly End[] => {
  const { world } = end
  if (!isArrival(end)) return [end]
  const wanted = began.in === null ? 'local' : 'out'
  if (end.kind !== wanted) return [lose(world, 'the answer does not come back to the sender')]
  const missed = missedLink(host, began, world)
  if (missed?.isOnly === true) return [loseWay(world, missed.link)]
  learnFit(began, reached.world, world)
  const fits = ends.every(({ asked, answered }) => world[answered] === began[asked])
  if (!fits)
    return [
      lose(world, 'the answer comes from another address than the sender asked: it was not translated back'),
    ]
  const arrived: End = { kind: reached.kind, world }
  const astray = missed === null ? null : fork(run, world)
  if (missed === null || astray === null) return [arrived]
  // Whether another router leads the answer to the sender is not known.
  part(astray, world)
  return [arrived, loseWay(astray, missed.link)]
}

/** The fields of an answer that must equal fields of the question. */
const ends = [
  { asked: 'daddr', answered: 'saddr' },
  { asked: 'saddr', answered: 'daddr' },
  { asked: 'dport', answered: 'sport' },
  { asked: 'sport', answered: 'dport' },
] as const

/**
 * Notes that a rule's rewrite decides whether an answer fits. The result then holds for this value of the question
 * only. Nothing is noted where connection tracking translated the answer back, or where nothing was translated.
 */
const learnFit = (began: World, reached: World, answer: World): void => {
  if (answer.learner === null || (answer.reply && answer.tracking === 'tracked')) return
  for (const { asked, answered } of ends) {
    if (reached[asked] === began[asked] && answer[answered] === began[asked]) continue
    const field = began.origins[asked]
    const made = { starts: [answer[answered]], ends: [answer[answered]] }
    if (field !== null) learn(answer, [membership(field, made, began[asked])])
  }
}

/** Loses an answer that begins a flow of its own with the addresses and ports of its question, in the same zone. */
const withoutRival = (question: World, answered: End): End =>
  isArrival(answered) && !answered.world.reply && isRival(answered.world, question, 'original')
    ? lose(
        answered.world,
        'connection tracking takes the answer for another flow with the same addresses and ports',
      )
    : answered

const lose = (world: World, why: string): End => {
  noteEvent(world, { kind: 'lost' }, { kind: 'answer', text: why })
  return { kind: 'dropped', world }
}

const loseWay = (world: World, { name }: Link): End => {
  const lost =
    world.route === null ? 'the answer is not led' : `route ${world.route.text} does not lead the answer`
  noteEvent(world, { kind: 'lost' }, { kind: 'way-back', text: `${lost} to ${name}, where its receiver is` })
  return { kind: 'dropped', world }
}
