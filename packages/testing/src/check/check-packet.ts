import type { FlowInput } from '@portolan/core'
import { isAddress } from '@portolan/core/planning'
import {
  type AddressInput,
  type HostFacts,
  InvalidRequestError,
  inputText,
  type PacketInput,
  ParseError,
  readPacket,
  tryParseAddress,
} from '@portolan/netfilter'
import { packetSchema } from '@portolan/netfilter/schema'
import { checkEntry } from './check-facts.ts'
import { checkKeys, checkOneOf, checkSchema, isObject, notExpected } from './check-value.ts'

const packetKeys = [
  'family',
  'in',
  'source',
  'sourcePort',
  'destination',
  'destinationPort',
  'protocol',
  'state',
  'mark',
  'tcpFlags',
  'icmpType',
  'icmpCode',
  'port',
]

/**
 * Refuses an input of `send` that is no packet and no flow.
 *
 * @throws InvalidRequestError naming the key, its value and what is expected
 */
export const checkPacket: (input: unknown, facts: HostFacts) => asserts input is PacketInput | FlowInput = (
  input,
  facts,
) => {
  const what = 'host.send(packet)'
  if (!isObject(input))
    throw notExpected(
      what,
      'expected a packet ({ family, in, source, destination, protocol }) or a flow',
      input,
    )
  if ('from' in input) checkFlow(input, facts, what)
  else checkOne(input, facts, what)
}

type Keys = Readonly<Record<string, unknown>>

const checkOne = (input: Keys, facts: HostFacts, what: string): void => {
  checkKeys(input, packetKeys, what, 'a packet')
  const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined))
  const destination = addressOf(given.destination, `${what}: destination`)
  const source = given.source == null ? null : addressOf(given.source, `${what}: source`)
  checkOneOf(given.family, ['ip', 'ip6'], `${what}: family`)
  if (given.protocol == null)
    throw notExpected(`${what}: protocol`, 'expected the name of a protocol, or its number', given.protocol)
  const written = { ...given, destination, source }
  checkSchema(packetSchema, written, what)
  try {
    readPacket(JSON.stringify(written))
  } catch (error) {
    if (!(error instanceof ParseError)) throw error
    throw new InvalidRequestError(`${what}: ${error.fault}.`, { cause: error })
  }
  if (given.in != null) checkEntry(given.in, facts, `${what}: in`)
  if (given.port != null) checkEntry(given.port, facts, `${what}: port`)
}

const addressOf = (value: unknown, what: string): string => {
  if (!isAddress(value)) throw notExpected(what, 'expected an IP address', value)
  return inputText(value as AddressInput)
}

const protocols = ['tcp', 'udp', 'sctp', 'echo-request']
const sources: Readonly<Record<string, readonly string[]>> = {
  machine: ['kind', 'address', 'interface'],
  host: ['kind', 'address'],
  container: ['kind', 'network', 'address'],
}

const checkFlow = (input: Keys, facts: HostFacts, what: string): void => {
  const { family, protocol, from, to } = checkKeys(
    input,
    ['family', 'protocol', 'from', 'to'],
    what,
    'a flow',
  )
  checkOneOf(family, ['ip', 'ip6'], `${what}: family`)
  checkOneOf(protocol, protocols, `${what}: protocol`)
  checkTarget(to, family, `${what}: to`)
  if (!isObject(from)) throw notExpected(`${what}: from`, 'expected { kind, address } of the client', from)
  checkOneOf(from.kind, Object.keys(sources), `${what}: from.kind`)
  checkKeys(from, sources[String(from.kind)] ?? [], `${what}: from`, 'a client')
  if (from.kind !== 'host' || from.address != null) checkFamily(from.address, family, `${what}: from.address`)
  if (from.kind === 'machine') checkEntry(from.interface, facts, `${what}: from.interface`)
  if (from.kind === 'container' && typeof from.network !== 'string')
    throw notExpected(`${what}: from.network`, 'expected the name of a network', from.network)
}

const checkFamily = (value: unknown, family: unknown, what: string): void => {
  if (tryParseAddress(addressOf(value, what))?.family !== family)
    throw notExpected(what, `expected an address of ${String(family)}`, value)
}

const checkTarget = (to: unknown, family: unknown, what: string): void => {
  const { address, port } = checkKeys(to, ['address', 'port'], what, 'an address and a port')
  checkFamily(address, family, `${what}.address`)
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 0 || port > 65535)
    throw notExpected(`${what}.port`, 'expected a port from 0 to 65535', port)
}
