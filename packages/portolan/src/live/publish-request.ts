import {
  canonicalAddress,
  type DesiredMapping,
  familyOf,
  InvalidRequestError,
  type Protocol,
} from '@portolan/core'
import type { PublishRequest, UnpublishRequest } from './live-host.ts'
import { plainMapping } from './plain-mapping.ts'

const protocols: readonly string[] = ['tcp', 'udp', 'sctp']

/**
 * The mapping a request asks for.
 * @throws InvalidRequestError
 * @internal
 */
export const requestedMapping = (request: PublishRequest): DesiredMapping => {
  const { to } = request
  const family = familyOf(to.address)
  if (family === null)
    throw new InvalidRequestError(`"${to.address}" is not an address to publish a port to.`)
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
    throw new InvalidRequestError(`"${protocol}" is not a protocol: expected ${protocols.join(', ')}.`)
  return protocol
}

/** @internal */
export const requestedHostAddress = ({ hostAddress }: PublishRequest | UnpublishRequest): string | null => {
  if (hostAddress === undefined || hostAddress === null) return null
  if (familyOf(hostAddress) === null)
    throw new InvalidRequestError(`"${hostAddress}" is not an address of a host.`)
  const canonical = canonicalAddress(hostAddress)
  return canonical === '0.0.0.0' || canonical === '::' ? null : canonical
}

/** @internal */
export const checkPort = (port: number, name: string): number => {
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new InvalidRequestError(`${name} is ${port}: expected a port from 1 to 65535.`)
  }
  return port
}
