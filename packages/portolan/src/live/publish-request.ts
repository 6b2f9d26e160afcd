import type { DesiredMapping } from '@portolan/core'
import {
  type AddressInput,
  canonicalAddress,
  type Family,
  families,
  familyOf,
  InvalidRequestError,
  type Protocol,
} from '@portolan/netfilter'
import type { PublishRequest, UnpublishRequest } from './live-host.ts'
import { plainMapping } from './plain-mapping.ts'
import type { HostSocket } from './socket-key.ts'

const protocols: readonly string[] = ['tcp', 'udp', 'sctp']

/**
 * The mapping a request asks for.
 * @throws InvalidRequestError
 * @internal
 */
export const requestedMapping = (request: PublishRequest): DesiredMapping => {
  checkObject(request, 'the request')
  const { to, force } = request
  checkObject(to, 'to')
  if (force !== undefined && typeof force !== 'boolean')
    throw new InvalidRequestError(`force is ${JSON.stringify(force)}: expected true or false.`)
  const family = familyOfText(to.address)
  if (family === null)
    throw new InvalidRequestError(
      `to.address is ${shownValue(to.address)}: expected an address of a container.`,
    )
  const address = canonicalAddress(to.address)
  const hostAddress = requestedHostAddress(request)
  if (hostAddress !== null && familyOf(hostAddress) !== family) {
    throw new InvalidRequestError(
      `the host address ${hostAddress} and the target ${address} are of different families.`,
    )
  }
  if (hostAddress === '::1') {
    throw new InvalidRequestError(
      'a port cannot be published on ::1: IPv6 has no route_localnet. Use 127.0.0.1, or a global address.',
    )
  }
  const protocol = requestedProtocol(request)
  const hostPort = checkPort(request.hostPort, 'hostPort')
  const port = checkPort(to.port, 'to.port')
  const shown = (text: string): string => (text.includes(':') ? `[${text}]` : text)
  const socket = `${shown(hostAddress ?? (family === 'ip' ? '0.0.0.0' : '::'))}:${hostPort}/${protocol}`
  return plainMapping({
    label: `${socket} -> ${shown(address)}:${port}`,
    family,
    protocol,
    hostAddress,
    hostPort,
    targets: [{ address, port }],
  })
}

/** @internal */
export const requestedProtocol = ({ protocol = 'tcp' }: { readonly protocol?: Protocol }): Protocol => {
  if (!protocols.includes(protocol))
    throw new InvalidRequestError(
      `${shownValue(protocol)} is not a protocol: expected ${protocols.join(', ')}.`,
    )
  return protocol
}

/** @internal */
export const requestedHostAddress = ({ hostAddress }: PublishRequest | UnpublishRequest): string | null => {
  if (hostAddress === undefined || hostAddress === null) return null
  if (familyOfText(hostAddress) === null)
    throw new InvalidRequestError(
      `hostAddress is ${shownValue(hostAddress)}: expected an address of this host.`,
    )
  const canonical = canonicalAddress(hostAddress)
  return canonical === '0.0.0.0' || canonical === '::' ? null : canonical
}

/**
 * The host sockets that a request to take a port back is about.
 * @throws InvalidRequestError
 * @internal
 */
export const requestedSockets = (request: UnpublishRequest): readonly HostSocket[] => {
  checkObject(request, 'the request')
  const { family } = request
  if (family !== undefined && family !== 'ip' && family !== 'ip6')
    throw new InvalidRequestError(`family is ${shownValue(family)}: expected ip or ip6.`)
  const hostAddress = requestedHostAddress(request)
  const own = hostAddress === null ? null : familyOf(hostAddress)
  const protocol = requestedProtocol(request)
  const hostPort = checkPort(request.hostPort, 'hostPort')
  return families
    .filter((one) => (family === undefined || family === one) && (own === null || own === one))
    .map((one) => ({ family: one, protocol, hostAddress, hostPort }))
}

/** Callers need not be checked by a compiler. */
const checkObject = (value: unknown, name: string): void => {
  if (typeof value !== 'object' || value === null)
    throw new InvalidRequestError(`${name} is ${shownValue(value)}: expected an object.`)
}

const shownValue = (value: unknown): string =>
  value === undefined ? 'missing' : (JSON.stringify(value) ?? String(value))

const familyOfText = (input: unknown): Family | null => (isInput(input) ? familyOf(input) : null)

/** Callers in JavaScript may hand in anything. Values of ip-num have their number. */
const isInput = (input: unknown): input is AddressInput =>
  typeof input === 'string' || (typeof input === 'object' && input !== null && 'getValue' in input)

/** @internal */
export const checkPort = (port: number, name: string): number => {
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new InvalidRequestError(`${name} is ${shownValue(port)}: expected a port from 1 to 65535.`)
  }
  return port
}
