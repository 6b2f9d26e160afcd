import { type Conflict, type DesiredState, type Flow, type Reach, reach } from '@portolan/core'
import {
  type Evaluator,
  type HostFacts,
  type Outcome,
  type Packet,
  prefixContains,
} from '@portolan/netfilter'

/** What happens to a witness, compared with the contract's promise for it. */
export type Fate = 'fails' | 'may fail' | 'works'

/** Compares the evaluator, which does not know conflicts, with the contract, which does not know rules. */
export const fateOf = (
  { kind, witness }: Conflict,
  desired: DesiredState,
  facts: HostFacts,
  { evaluate }: Evaluator,
): Fate => {
  if (witness === null) throw new Error('a conflict of rules without a witness')
  const outcome = evaluate(witness)
  const addresses = [
    ...(facts.interfaces ?? []).flatMap((link) =>
      (link.addresses ?? []).map((text) => text.split('/')[0] ?? ''),
    ),
    // A local route may cover a whole prefix.
    ...(facts.routes ?? []).flatMap(({ type, destination }) =>
      type === 'local' && destination !== undefined && prefixContains(destination, witness.destination)
        ? [witness.destination]
        : [],
    ),
  ]
  const promise = reach(desired, flowOf(witness, desired), { addresses })
  const told = [outcome, ...outcome.alternatives]
  // Packets to the host, and packets between other machines, must not reach a container either.
  const isClosed = promise.kind === 'dropped' || promise.kind === 'local' || promise.kind === 'foreign'
  if (kind === 'Bypassed' && isClosed) {
    const came = told.filter((one) => comesThrough(one, witness, desired))
    if (came.length === told.length) return 'fails'
    return came.length > 0 ? 'may fail' : 'works'
  }
  if (isClosed)
    throw new Error(`a witness of which nothing is promised: ${JSON.stringify({ witness, promise })}`)
  const kept = told.map((one) => keeps(promise, one, witness, desired, addresses))
  if (kept.every((one) => one)) return outcome.undetermined.length > 0 ? 'may fail' : 'works'
  return kept.every((one) => !one) ? 'fails' : 'may fail'
}

/** True: the first packet reaches a container, or comes from one. No answer is needed. */
const comesThrough = ({ at }: Pick<Outcome, 'at'>, packet: Packet, { networks }: DesiredState): boolean =>
  at !== null &&
  at.interface !== null &&
  networks.some(({ bridge }) => bridge === at.interface || (bridge === packet.in && at.interface !== 'lo'))

const flowOf = (
  { family, in: from, source, destination, destinationPort, protocol }: Packet,
  { networks }: DesiredState,
): Flow => {
  const network = networks.find(({ bridge }) => bridge === from)
  const address = source ?? null
  if (protocol !== 'tcp' && protocol !== 'udp' && protocol !== 'sctp')
    throw new Error(`a witness of protocol ${protocol}`)
  const to = { address: destination, port: destinationPort ?? 0 }
  if (from === null || from === undefined) return { family, protocol, from: { kind: 'host', address }, to }
  if (address === null) throw new Error('a witness that came in without a source')
  return network === undefined
    ? { family, protocol, from: { kind: 'machine', address, interface: from }, to }
    : { family, protocol, from: { kind: 'container', network: network.name, address }, to }
}

const keeps = (
  promise: Reach,
  { outcome, at, seenAs }: Pick<Outcome, 'outcome' | 'at' | 'seenAs'>,
  packet: Packet,
  { networks }: DesiredState,
  addresses: readonly string[],
): boolean => {
  if (promise.kind !== 'delivered' && promise.kind !== 'outside') return true
  // The evaluator says `delivered` only for the project's containers. Other addresses of a bridge may be containers
  // too.
  if (outcome !== 'delivered' && outcome !== 'forwarded') return false
  if (at === null || seenAs === null) return false
  const isOwn = seenAs.source === packet.source
  if (promise.kind === 'outside')
    return (
      at.address === packet.destination &&
      (promise.seenAs === 'own' ? isOwn : addresses.includes(seenAs.source))
    )
  if (!promise.to.some(({ address, port }) => at.address === address && at.port === port)) return false
  if (promise.seenAs === 'own') return isOwn
  const { family } = packet
  const home = networks.find(
    ({ [family]: subnet }) => subnet !== null && prefixContains(subnet.subnet, at.address),
  )
  if (packet.in !== null && packet.in !== home?.bridge) return isOwn
  return promise.seenAs === 'host'
    ? addresses.includes(seenAs.source)
    : seenAs.source === home?.[family]?.gateway
}
