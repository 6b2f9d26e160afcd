import { conntrackStatus, protocolNumber } from '../netfilter/index.ts'
import { receive } from './receive.ts'
import { type End, endBy, type Run, startRun } from './run.ts'
import { send } from './send.ts'
import type { Traffic } from './traverse.ts'
import type { World } from './world.ts'

const SYN_ACK = 18
const ACK = 16

/** Echo requests are answered; other ICMP, and what has no entry or belongs to another flow, is not. */
const isAnswered = (world: World): boolean => {
  if (world.given !== 'new' && world.given !== 'established') return false
  if (world.protocol === protocolNumber.icmp) return world.icmpType === 8
  return world.protocol !== protocolNumber.icmpv6 || world.icmpType === 128
}

/**
 * Follows the answer of whoever the packet reached, back to the sender.
 *
 * @param first - how the first packet began, and how it ended
 * @returns the ends of the answer; the end of the first packet itself where there is none to follow
 */
export const followAnswer = (traffic: Traffic, began: World, reached: End, run: Run): readonly End[] => {
  const { world } = reached
  if ((reached.kind !== 'local' && reached.kind !== 'out') || !isAnswered(world)) return [reached]
  const own: Run = { ...startRun(), copies: run.copies }
  const back: Traffic = { ...traffic, run: own }
  const answer = makeAnswer(world, reached.kind === 'local', began)
  if (reached.kind === 'local') send(back, answer)
  else if (world.saddr === world.daddr)
    // Translated onto the sender itself, whose own address is no source a packet may come from
    // (net/ipv4/fib_frontend.c `fib_validate_source`); IPv6 takes it, and answers itself.
    endBy(own, 'dropped', answer, 'drop', 'the receiver is the sender: it cannot answer through the host')
  else if (isLoopback(world.saddr))
    endBy(own, 'dropped', answer, 'drop', 'the receiver has no way to answer a loopback source')
  else if (world.out !== null) receive(back, answer, world.out)
  run.copies = own.copies
  if (own.truncated) run.truncated = true
  if (own.doubtful) run.doubtful = true
  for (const one of own.undetermined) run.undetermined.add(one)
  return own.ends.map((end) => judge(traffic, began, reached, end))
}

const isLoopback = (address: number | bigint): boolean =>
  typeof address === 'number' ? address >>> 24 === 127 : address === 1n

const makeAnswer = (world: World, isLocal: boolean, began: World): World => ({
  ...world,
  tcpFlags: world.given === 'established' ? ACK : SYN_ACK,
  icmpType: world.protocol === protocolNumber.icmpv6 ? 129 : 0,
  saddr: world.daddr,
  daddr: world.saddr,
  sport: world.dport,
  dport: world.sport,
  in: isLocal ? null : world.out,
  out: null,
  port: null,
  viaBridge: false,
  bridged: false,
  mark: 0,
  packetType: 0,
  looped: false,
  hook: isLocal ? 'output' : 'prerouting',
  route: null,
  // What was not tracked on the way there is seen for the first time on the way back.
  tracking: 'pending',
  original: world.tracking === 'tracked' ? world.original : null,
  answer: world.tracking === 'tracked' ? world.answer : null,
  // The answer itself sets SEEN_REPLY; ASSURED comes later (nf_conntrack_core.c).
  status:
    world.tracking === 'tracked'
      ? world.status | conntrackStatus.confirmed | conntrackStatus['seen-reply']
      : 0,
  zone: 0,
  tproxy: false,
  rerouted: null,
  reply: true,
  returnBy: began.in,
})

/** Did the answer come to the sender, and does it look like one? */
const judge = (traffic: Traffic, began: World, reached: End, end: End): End => {
  const { world } = end
  if (end.kind !== 'local' && end.kind !== 'out') return end
  const wanted = began.in === null ? 'local' : 'out'
  if (end.kind !== wanted) {
    endBy(
      { ...traffic.run, ends: [] },
      'dropped',
      world,
      'lost',
      'the answer does not come back to the sender',
    )
    return { kind: 'dropped', world }
  }
  const fits =
    world.saddr === began.daddr &&
    world.daddr === began.saddr &&
    world.sport === began.dport &&
    world.dport === began.sport
  if (fits) return { kind: reached.kind, world }
  endBy(
    { ...traffic.run, ends: [] },
    'dropped',
    world,
    'lost',
    'the answer comes from another address than the sender asked: it was not translated back',
  )
  return { kind: 'dropped', world }
}
