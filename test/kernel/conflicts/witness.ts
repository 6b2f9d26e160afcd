import type { Flow } from '@portolan/core'
import type { Packet } from '@portolan/netfilter'
import { brokenPromise, promiseFor, promisesAnswer } from './contract.ts'
import { type ConflictJson, describeConflict, type Planned } from './planned.ts'
import { deleteFlows, type Stage } from './stage.ts'
import { openDestination, type Sender, senderOf, serviceOf } from './witness-place.ts'

/** Kinds of conflicts that are not about a packet that should be delivered. */
const aboutNoPacket: readonly string[] = [
  'BridgeDown',
  'BridgeNameTaken',
  'DnatShadows',
  'DuplicateHostPort',
  'ForwardingDisabled',
  'HostBecomesRouter',
  'HostPortTaken',
  'IccForIpOnly',
  'IccUnenforceable',
  'LinkUndeliverable',
  'LoopbackUnreachable',
  // The kernel sends neighbour discovery messages by itself, and rows show their loss.
  'NeighbourDiscoveryDropped',
  'NetworkInUse',
  'OverlappingHostPort',
  'ParentDown',
  'ParentUnusable',
  'PortInEphemeralRange',
  'RouterAdvertisementsLost',
  'StaleConntrack',
  'SubnetOverlap',
]

/** True: the conflict's witness has to be sent. A conflict of severity info repeats another conflict's rule. */
export const hasLiveWitness = ({ kind, severity, witness }: ConflictJson): boolean =>
  witness !== null && severity !== 'info' && !aboutNoPacket.includes(kind)

const describePacket = ({
  in: device,
  source,
  sourcePort,
  destination,
  destinationPort,
  protocol,
}: Packet): string =>
  `${protocol} ${device ?? 'host'}: ${source ?? '?'}:${sourcePort ?? '?'} to ${destination}:${destinationPort}`

/** A witness that is ready to be sent. */
interface ReadyWitness {
  readonly flow: Flow
  readonly sender: Sender
  readonly packet: Packet
  readonly protocol: 'tcp' | 'udp'
}

/** Prepares a packet: its sender, and a service at its destination. */
const prepare = async (
  stage: Stage,
  planned: Planned,
  packet: Packet,
  isBypass: boolean,
): Promise<ReadyWitness> => {
  if (packet.state !== undefined && packet.state !== 'new') {
    throw new Error(`no way to send a packet in state ${packet.state}`)
  }
  const { protocol, port } = serviceOf(packet)
  if (protocol === 'sctp') throw new Error('no scenario is about SCTP')
  const sender = await senderOf(stage, planned, packet)
  const flow: Flow = {
    family: packet.family,
    protocol,
    from: sender.from,
    to: { address: packet.destination, port },
  }
  const promise = promiseFor(planned, flow)
  if (promisesAnswer(promise) === isBypass) throw new Error(`the contract promises it ${promise.kind}`)
  await openDestination(stage, planned, packet, sender)
  return { flow, sender, packet, protocol }
}

const send = async (
  { lab }: Stage,
  planned: Planned,
  { flow, sender, packet, protocol }: ReadyWitness,
  timeoutMs: number,
): Promise<string | null> => {
  const outcome = await sender.machine.probe({
    protocol,
    destination: packet.destination,
    port: flow.to.port,
    timeoutMs,
    ...(sender.source === null ? {} : { source: sender.source }),
    ...(packet.sourcePort == null ? {} : { sourcePort: packet.sourcePort }),
  })
  return brokenPromise(lab, planned, flow, outcome)
}

const isBypassed = ({ kind }: ConflictJson): boolean => kind === 'Bypassed'

/**
 * Sends a packet that the contract keeps out.
 * @returns null: it was kept out; else: the container that received it
 */
const findArrival = async (
  { lab }: Stage,
  { sender, packet, flow, protocol }: ReadyWitness,
): Promise<string | null> => {
  const receivers = [...lab.containers.values()].filter(({ pid }) => pid !== sender.machine.pid)
  await sender.machine.probe({
    protocol,
    destination: packet.destination,
    port: flow.to.port,
    timeoutMs: 500,
    ...(sender.source === null ? {} : { source: sender.source }),
    ...(packet.sourcePort == null ? {} : { sourcePort: packet.sourcePort }),
  })
  for (const receiver of receivers)
    if ((await receiver.arrivals()).some((one) => one.sourcePort === packet.sourcePort))
      return `came to ${receiver.name}`
  return null
}

/** Groups conflicts by their witness, so that a packet of several conflicts is sent once. */
const groupByWitness = (
  conflicts: readonly ConflictJson[],
): ReadonlyMap<string, readonly [Packet, readonly ConflictJson[]]> => {
  const groups = new Map<string, readonly [Packet, readonly ConflictJson[]]>()
  for (const conflict of conflicts.filter(hasLiveWitness)) {
    if (conflict.witness === null) continue
    const key = `${describePacket(conflict.witness)} ${isBypassed(conflict)}`
    groups.set(key, [conflict.witness, [...(groups.get(key)?.[1] ?? []), conflict]])
  }
  return groups
}

/**
 * Sends every witness as a real packet, from its own interface and source.
 * @returns complaints about witnesses that do not behave as their conflict says
 */
export const testWitnesses = async (
  stage: Stage,
  planned: Planned,
  conflicts: readonly ConflictJson[],
  expected: 'fails' | 'delivered',
): Promise<readonly string[]> => {
  const complaints: string[] = []
  const witnesses: (readonly [ReadyWitness, readonly ConflictJson[]])[] = []
  const complain = (packet: Packet, ofWitness: readonly ConflictJson[], problem: string): void => {
    for (const conflict of ofWitness) {
      complaints.push(`the witness of ${describeConflict(conflict)}, ${describePacket(packet)}: ${problem}`)
    }
  }
  for (const [packet, ofWitness] of groupByWitness(conflicts).values()) {
    try {
      witnesses.push([await prepare(stage, planned, packet, ofWitness.some(isBypassed)), ofWitness])
    } catch (error) {
      complain(packet, ofWitness, `cannot be sent: ${error instanceof Error ? error.message : error}`)
    }
  }
  for (const round of splitIntoRounds(witnesses)) {
    await deleteFlows(stage)
    await Promise.all([...stage.lab.containers.values()].map((one) => one.arrivals({ clear: true })))
    await Promise.all(
      round.map(async ([witness, ofWitness]) => {
        const isBypass = ofWitness.some(isBypassed)
        const failure = isBypass
          ? await findArrival(stage, witness)
          : await send(stage, planned, witness, expected === 'fails' ? 500 : 2500)
        if (expected === 'delivered' && failure !== null)
          complain(witness.packet, ofWitness, `still ${failure}`)
        if (expected === 'fails' && failure === null) {
          const certain = ofWitness.filter(({ certainty }) => certainty === 'certain')
          complain(witness.packet, certain, isBypass ? 'was kept out' : 'was delivered')
        }
      }),
    )
  }
  return complaints
}

/**
 * Splits packets into rounds. Two packets that become the same flow behind the host's address are in different rounds.
 */
const splitIntoRounds = <T>(
  witnesses: readonly (readonly [ReadyWitness, T])[],
): readonly (readonly (readonly [ReadyWitness, T])[])[] => {
  const rounds: Map<string, readonly [ReadyWitness, T]>[] = []
  for (const witness of witnesses) {
    const { protocol, sourcePort } = witness[0].packet
    const key = `${witness[0].packet.family} ${protocol} ${sourcePort}`
    const free = rounds.find((round) => !round.has(key))
    if (free === undefined) rounds.push(new Map([[key, witness]]))
    else free.set(key, witness)
  }
  return rounds.map((round) => [...round.values()])
}
