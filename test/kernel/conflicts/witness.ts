import type { Flow, Packet } from '@portolan/core'
import { brokenPromise, promiseFor, promisesAnswer } from './contract.ts'
import { type ConflictJson, describeConflict, type Planned } from './planned.ts'
import { forgetFlows, type Stage } from './stage.ts'
import { openDestination, senderOf, serviceOf } from './witness-place.ts'

/** Kinds that tell of something else than a packet of ours that is not delivered. */
const aboutNoPacket: readonly string[] = [
  'BridgeNameTaken',
  'DnatShadows',
  'DuplicateHostPort',
  'ForwardingDisabled',
  'HostBecomesRouter',
  'HostPortTaken',
  'IccUnenforceable',
  'LoopbackUnreachable',
  'NetworkInUse',
  'OverlappingHostPort',
  'PortInEphemeralRange',
  'StaleConntrack',
  'SubnetOverlap',
]

/** Conflicts whose witness has to be sent: infos are about nothing that fails. */
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

/**
 * Sends a witness as a real packet, from where it says.
 * @returns null when it was delivered as the contract promises; else what became of it
 */
const send = async (
  stage: Stage,
  planned: Planned,
  packet: Packet,
  timeoutMs: number,
): Promise<string | null> => {
  if (packet.state !== undefined && packet.state !== 'new') {
    throw new Error(`no way to send a packet in state ${packet.state}`)
  }
  const sender = await senderOf(stage, planned, packet)
  await openDestination(stage, planned, packet, sender)
  await forgetFlows(stage)
  const { protocol, port } = serviceOf(packet)
  if (protocol === 'sctp') throw new Error('no scenario is about SCTP')
  const flow: Flow = {
    family: packet.family,
    protocol,
    from: sender.from,
    to: { address: packet.destination, port },
  }
  const promise = promiseFor(planned, flow)
  if (!promisesAnswer(promise)) throw new Error(`the contract promises it nothing (${promise.kind})`)
  const outcome = await sender.machine.probe({
    protocol,
    destination: packet.destination,
    port,
    timeoutMs,
    ...(sender.source === null ? {} : { source: sender.source }),
    ...(packet.sourcePort == null ? {} : { sourcePort: packet.sourcePort }),
  })
  return brokenPromise(stage.lab, planned, flow, outcome)
}

/** Sends the witnesses one after the other; complains of those that do not do as is said of them. */
export const testWitnesses = async (
  stage: Stage,
  planned: Planned,
  conflicts: readonly ConflictJson[],
  expected: 'fails' | 'delivered',
): Promise<readonly string[]> => {
  const complaints: string[] = []
  for (const conflict of conflicts.filter(hasLiveWitness)) {
    const { witness, certainty } = conflict
    if (witness === null) continue
    const complain = (what: string) =>
      complaints.push(`the witness of ${describeConflict(conflict)}, ${describePacket(witness)}: ${what}`)
    try {
      const failure = await send(stage, planned, witness, expected === 'fails' ? 400 : 2500)
      if (expected === 'fails' && failure === null && certainty === 'certain') complain('was delivered')
      if (expected === 'delivered' && failure !== null) complain(`still ${failure}`)
    } catch (error) {
      complain(`cannot be sent: ${error instanceof Error ? error.message : error}`)
    }
  }
  return complaints
}
