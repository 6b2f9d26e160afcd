import { conntrackStatus, protocolNumber } from '../../model/index.ts'
import type { Traffic } from '../packet/traffic.ts'
import type { World } from '../packet/world.ts'
import type { TraceStep } from '../trace/trace.ts'
import { type End, isArrival, mergeRun, noteEvent, type Run, startRun } from '../walk/run.ts'
import { followAnswer, followAnswerAgain } from './answer.ts'
import { receive } from './receive.ts'
import { isRival } from './rival-entry.ts'
import { send } from './send.ts'

const ACK = 16

/**
 * Follows the packets after the answer: the sender's next packet, with the bindings that the flow has by now, and for
 * TCP the next answer. Other protocols have a next answer only where the answer has an entry of its own. Rules that
 * test the state of a connection, or TCP's flags, may stop a flow that they let begin.
 *
 * @param first - the end of the first packet
 * @param answered - the end of the answer
 * @param earlier - the ends of all courses of the earlier packets
 * @returns the ends of the courses that are stopped, and the answer's end where a course passes
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
    else if (!isSamePlace(first, end) || isSecondEntry(first.world, end.world)) astray.push(strand(end))
    else if (began.protocol !== protocolNumber.tcp && !hasOwnEntry(answered)) through.push(end)
    else
      for (const last of answersTo(traffic, began, end, answered, run))
        if (isArrival(last)) through.push(last)
        else stopped.push(last)
  }
  if (through.length === 0 && stopped.length + astray.length > 0) return [...stopped, ...astray]
  // The packet passes only if a match that cannot be evaluated holds.
  const unknown = through.length > 0 && through.every(({ world }) => world.unknown)
  const end = unknown ? { ...answered, world: { ...answered.world, unknown } } : answered
  // A random or unknown match is decided anew for each packet. Where it has stopped an earlier packet in another
  // course, it is told already.
  return [end, ...stopped.filter((one) => !isKnown(earlier, one))]
}

/**
 * The next answers. Where conntrack saw no TCP handshake, the first of these answers makes an entry, and the later ones
 * find it. For other protocols, the very first answer has made the entry.
 */
const answersTo = (traffic: Traffic, began: World, reached: End, answered: End, run: Run): readonly End[] => {
  const again = (answer: End): readonly End[] =>
    hasOwnEntry(answer) ? followAnswerAgain(traffic, began, reached, answer, run) : [answer]
  if (began.protocol === protocolNumber.tcp) return followAnswer(traffic, began, reached, run).flatMap(again)
  // The trace of the packet in between is kept.
  const { trace, unknown } = reached.world
  return again({ ...answered, world: { ...answered.world, trace, unknown } })
}

/** Whether connection tracking took the answer for the beginning of a flow of its own. */
const hasOwnEntry = (answer: End): boolean =>
  isArrival(answer) && !answer.world.reply && answer.world.tracking === 'tracked'

/** Whether a later packet follows that connection tracking sees differently from the earlier ones. */
export const goesOn = ({ given, protocol }: World, first: End, answered: End): boolean =>
  given === 'new' &&
  first !== answered &&
  isArrival(answered) &&
  protocol !== protocolNumber.icmp &&
  protocol !== protocolNumber.icmpv6 &&
  // synproxy holds the client's connection, and makes another one to the server.
  !hasStep(first.world.trace, ({ deed }) => deed.kind === 'synproxy')

const hasStep = (last: TraceStep | null, isIt: (step: TraceStep) => boolean): boolean => {
  for (let step = last; step !== null; step = step.before) if (isIt(step)) return true
  return false
}

/**
 * The sender's packet after the answer. The entry has seen a reply, unless the answer bypassed connection tracking.
 * This packet makes a TCP entry assured (net/netfilter/nf_conntrack_proto_tcp.c, `nf_conntrack_tcp_packet`). A UDP
 * entry is assured after two seconds (nf_conntrack_proto_udp.c), an SCTP entry by the COOKIE-ACK.
 */
const nextPacket = (began: World, first: World, answer: World): World => {
  const isTracked = first.tracking === 'tracked'
  const isSeen = isTracked && answer.reply && answer.tracking === 'tracked'
  const entry = isSeen ? answer : first
  const assured = began.protocol === protocolNumber.tcp && isSeen ? conntrackStatus.assured : 0
  return {
    family: began.family,
    protocol: began.protocol,
    given: began.given,
    packet: 3,
    tcpFlags: ACK,
    icmpType: began.icmpType,
    icmpCode: began.icmpCode,
    saddr: began.saddr,
    daddr: began.daddr,
    sport: began.sport,
    dport: began.dport,
    origins: began.origins,
    in: began.in,
    out: began.out,
    port: began.port,
    viaBridge: began.viaBridge,
    bridged: began.bridged,
    mark: began.mark,
    packetType: began.packetType,
    hopLimit: began.hopLimit,
    looped: began.looped,
    hook: began.hook,
    route: began.route,
    routedBy: began.routedBy,
    tracking: began.tracking,
    state: began.state,
    reply: began.reply,
    original: isTracked ? entry.original : null,
    answer: isTracked ? entry.answer : null,
    status: isTracked ? entry.status | conntrackStatus.confirmed | assured : 0,
    ctMark: isTracked ? entry.ctMark : 0,
    zone: began.zone,
    zoneWay: began.zoneWay,
    entryZone: entry.entryZone,
    entryZoneWay: entry.entryZoneWay,
    boundSource: isTracked,
    boundDestination: isTracked,
    sourcePorts: first.sourcePorts,
    tproxy: began.tproxy,
    rerouted: began.rerouted,
    returnBy: began.returnBy,
    learner: began.learner,
    unknown: answer.unknown,
    doubted: answer.doubted,
    isOfOthers: answer.isOfOthers,
    trace: answer.trace,
  }
}

/** Whether a packet arrives where the first packet arrived, with the same addresses and ports. */
const isSamePlace = ({ kind, world: one }: End, { kind: other, world }: End): boolean =>
  kind === other &&
  one.out === world.out &&
  one.daddr === world.daddr &&
  one.dport === world.dport &&
  one.saddr === world.saddr &&
  one.sport === world.sport

/** Whether the packet made an entry of its own, which expects the same replies as that of the first packet. */
const isSecondEntry = (first: World, world: World): boolean =>
  world.packet === 3 && world.original !== first.original && isRival(world, first, 'reply')

const strand = ({ world }: End): End => {
  noteEvent(
    world,
    { kind: 'lost' },
    { kind: 'astray', text: 'it does not arrive where the first packet did' },
  )
  return { kind: 'dropped', world }
}

/** Whether the same rule, policy or action of the kernel stopped an earlier packet in another course. */
const isKnown = (earlier: readonly End[], end: End): boolean =>
  earlier.some((one) => !isArrival(one) && isSameStop(one.world.trace, end.world.trace))

const isSameStop = (one: TraceStep | null, other: TraceStep | null): boolean =>
  one?.rule === other?.rule && one?.chain === other?.chain && one?.cause?.text === other?.cause?.text
