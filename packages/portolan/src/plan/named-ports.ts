import type { DesiredMapping, DesiredState, Intent } from '@portolan/core'

/** The desired state with only those mappings whose host ports the intent names. */
export const namedAlone = (desired: DesiredState, intent: Intent): DesiredState => {
  const isNamed = isNamedIn(intent)
  return desired.mappings.every(isNamed)
    ? desired
    : { ...desired, mappings: desired.mappings.filter(isNamed) }
}

/** Tells which mappings have a named host port. An automatic port comes from the ephemeral range on purpose. */
const isNamedIn = ({ mappings }: Intent): ((mapping: DesiredMapping) => boolean) => {
  // One byte for each possible port. A set of as many numbers takes forty times the memory.
  const marks = (): Uint8Array => new Uint8Array(65_536)
  const named = { tcp: marks(), udp: marks(), sctp: marks() }
  for (const { protocol, hostPorts } of mappings)
    if (hostPorts !== null) named[protocol].fill(1, hostPorts.first, hostPorts.last + 1)
  return ({ protocol, hostPort }) => named[protocol][hostPort] === 1
}
