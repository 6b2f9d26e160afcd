import { conntrackStatus, protocolNumber } from '../../model/index.ts'
import type { Traffic } from '../packet/traffic.ts'
import type { World } from '../packet/world.ts'
import type { TraceStep } from '../trace/trace.ts'
import { type End, isArrival, mergeRun, noteEvent, type Run, startRun } from '../walk/run.ts'
import { followAnswer, followAnswerAgain } from './answer.ts'
import { receive } from './receive.ts'
import { send } from './send.ts'

const ACK = 16

/**
 * Follows what comes after the answer: the sender's next packet with the bindings that the flow has by now, and of TCP
 * the next answer; of other protocols too, where the answer has an entry of its own. Rules that ask for the state of a connection, or for TCP's flags, may cut off what they let begin.
 *
 * @param first - how the first packet began, and how it ended
 * @param answered - how the answer ended
 * @param earlier - the ends of all courses of the packets before
 * @returns the ends of the courses that are cut off, and the answer's where one is not
 */
export const followLater = (
  traffic: Traffic,
  began: World,
  first: End,
  answered: End,
  earlier: readonly End[],
  run: Run,
): readonly End[] => {
  const own: Run = { ...startRun(), copies: run.copies }
  const onward: Traffic = { ...traffic, run: own }
  const next = nextPacket(began, first.world, answered.world)
  if (next.in === null) send(onward, next)
  else receive(onward, next, next.in)
  mergeRun(run, own)
  const stopped: End[] = []
  const astray: End[] = []
  const through: End[] = []
  for (const end of own.ends) {
    if (!isArrival(end)) stopped.push(end)
    else if (!isSamePlace(first, end)) astray.push(strand(end))
    else if (began.protocol !== protocolNumber.tcp && !hasOwnEntry(answered)) through.push(end)
    else
      for (const last of answersTo(traffic, began, end, answered, run))
        if (isArrival(last)) through.push(last)
        else stopped.push(last)
  }
  if (through.length === 0 && stopped.length + astray.length > 0) return [...stopped, ...astray]
  // It comes through only if a match holds that cannot be evaluated.
  const unknown = through.length > 0 && through.every(({ world }) => world.unknown)
  const end = unknown ? { ...answered, world: { ...answered.world, unknown } } : answered
  // What is drawn by lot, or not known, packet by packet, was so for the packets before.
  return [end, ...stopped.filter((one) => !isKnown(earlier, one))]
}

/**
 * The next answer. Of a TCP connection whose handshake was not seen the first of them makes an entry, which those after
 * it find; of other protocols the first answer of all has made it.
 */
const answersTo = (traffic: Traffic, began: World, reached: End, answered: End, run: Run): readonly End[] => {
  const again = (answer: End): readonly End[] =>
    hasOwnEntry(answer) ? followAnswerAgain(traffic, began, reached, answer, run) : [answer]
  if (began.protocol === protocolNumber.tcp) return followAnswer(traffic, began, reached, run).flatMap(again)
  // What was noted of the packet in between is kept.
  const { trace, unknown } = reached.world
  return again({ ...answered, world: { ...answered.world, trace, unknown } })
}

/** Did connection tracking take the answer for the beginning of a flow of its own? */
const hasOwnEntry = (answer: End): boolean =>
  isArrival(answer) && !answer.world.reply && answer.world.tracking === 'tracked'

/** Is there more to come after the answer, that connection tracking sees otherwise than what came before? */
export const goesOn = ({ given, protocol }: World, first: End, answered: End): boolean =>
  given === 'new' &&
  first !== answered &&
  isArrival(answered) &&
  protocol !== protocolNumber.icmp &&
  protocol !== protocolNumber.icmpv6 &&
  // The proxy holds the connection, and makes another.
  !hasStep(first.world.trace, ({ deed }) => deed.kind === 'synproxy')

const hasStep = (last: TraceStep | null, isIt: (step: TraceStep) => boolean): boolean => {
  for (let step = last; step !== null; step = step.before) if (isIt(step)) return true
  return false
}

/**
 * The packet that follows the answer. Its entry has seen a reply, unless the answer passed connection tracking by; TCP's
 * is assured by this very packet (net/netfilter/nf_conntrack_proto_tcp.c, `nf_conntrack_tcp_packet`), UDP's after two
 * seconds (nf_conntrack_proto_udp.c), SCTP's by the COOKIE-ACK.
 */
const nextPacket = (began: World, first: World, answer: World): World => {
  const isTracked = first.tracking === 'tracked'
  const isSeen = isTracked && answer.reply && answer.tracking === 'tracked'
  const entry = isSeen ? answer : first
  const assured = began.protocol === protocolNumber.tcp && isSeen ? conntrackStatus.assured : 0
  return {
    ...began,
    packet: 3,
    tcpFlags: ACK,
    original: isTracked ? entry.original : null,
    answer: isTracked ? entry.answer : null,
    status: isTracked ? entry.status | conntrackStatus.confirmed | assured : 0,
    ctMark: isTracked ? entry.ctMark : 0,
    entryZone: entry.entryZone,
    entryZoneWay: entry.entryZoneWay,
    boundSource: isTracked,
    boundDestination: isTracked,
    sourcePorts: first.sourcePorts,
    unknown: answer.unknown,
    doubted: answer.doubted,
    isOfOthers: answer.isOfOthers,
    trace: answer.trace,
  }
}

/** Does it come to where the first packet came, and look as that did? */
const isSamePlace = ({ kind, world: one }: End, { kind: other, world }: End): boolean =>
  kind === other &&
  one.out === world.out &&
  one.daddr === world.daddr &&
  one.dport === world.dport &&
  one.saddr === world.saddr &&
  one.sport === world.sport

const strand = ({ world }: End): End => {
  noteEvent(
    world,
    { kind: 'lost' },
    { kind: 'astray', text: 'it does not come to where the first packet came' },
  )
  return { kind: 'dropped', world }
}

/** By the very thing that stopped an earlier packet in another course: a rule, a policy, what the kernel did. */
const isKnown = (earlier: readonly End[], end: End): boolean =>
  earlier.some((one) => !isArrival(one) && isSameStop(one.world.trace, end.world.trace))

const isSameStop = (one: TraceStep | null, other: TraceStep | null): boolean =>
  one?.rule === other?.rule && one?.chain === other?.chain && one?.cause?.text === other?.cause?.text
