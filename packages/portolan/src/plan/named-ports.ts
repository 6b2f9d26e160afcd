import type { DesiredMapping, DesiredState, Intent } from '@portolan/core'

/** The mappings whose host ports the intent names, without those that were left to us. */
export const namedAlone = (desired: DesiredState, intent: Intent): DesiredState => {
  const isNamed = isNamedIn(intent)
  return desired.mappings.every(isNamed)
    ? desired
    : { ...desired, mappings: desired.mappings.filter(isNamed) }
}

/** A port that was left to us comes from that range on purpose. */
const isNamedIn = ({ mappings }: Intent): ((mapping: DesiredMapping) => boolean) => {
  // A mark for each port there can be: a set of as many numbers takes forty times the room.
  const marks = (): Uint8Array => new Uint8Array(65_536)
  const named = { tcp: marks(), udp: marks(), sctp: marks() }
  for (const { protocol, hostPorts } of mappings)
    if (hostPorts !== null) named[protocol].fill(1, hostPorts.first, hostPorts.last + 1)
  return ({ protocol, hostPort }) => named[protocol][hostPort] === 1
}
