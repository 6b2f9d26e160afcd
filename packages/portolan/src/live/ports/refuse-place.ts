import type { DesiredMapping } from '@portolan/core'
import {
  firstAddress,
  formatAddress,
  type HostFacts,
  InvalidRequestError,
  lastAddress,
  oneWay,
  parseInterfaceAddress,
  prefixAround,
} from '@portolan/netfilter'
import { bridgeHolding, type OwnBridge } from '../networks/own-bridges.ts'

/**
 * Finds the bridge of a target.
 *
 * @throws InvalidRequestError when there is none, or no container can have the address
 * @internal
 */
export const targetBridge = (address: string, bridges: readonly OwnBridge[]): OwnBridge => {
  const known = targets.get(bridges) ?? new Set<string>()
  const bridge = bridgeHolding(bridges, address)
  if (bridge !== null && known.has(address)) return bridge
  if (bridge === null)
    throw new InvalidRequestError(`${address} is in the subnet of no bridge of ours: make its network first.`)
  for (const text of bridge.link.addresses ?? []) {
    const role = roleOf(address, text)
    if (role !== null)
      throw new InvalidRequestError(
        `${address} is the ${role} of network ${bridge.project}/${bridge.network}: no container has it. Publish to the container's own address.`,
      )
  }
  if (known.size === MOST) known.clear()
  targets.set(bridges, known.add(address))
  return bridge
}

/** A cache of addresses that a container can have, one for each reading of the host. */
const targets = new WeakMap<readonly OwnBridge[], Set<string>>()
/** The most addresses in the cache of one reading. */
const MOST = 10_000

/** The role of an address that no container can have in a subnet; null: a container can have it. */
const roleOf = (address: string, gateway: string): string | null => {
  const { address: own, length } = parseInterfaceAddress(gateway)
  if (formatAddress(own) === address) return 'gateway'
  const subnet = prefixAround(own, length)
  // A /31 has neither (RFC 3021), nor has a /127 (RFC 6164).
  if (length >= (own.family === 'ip' ? 31 : 127)) return null
  if (formatAddress(firstAddress(subnet)) === address)
    return own.family === 'ip' ? 'network address' : 'subnet-router anycast address'
  return own.family === 'ip' && formatAddress(lastAddress(subnet)) === address ? 'broadcast address' : null
}

/**
 * Refuses a mapping to a host address that the host does not have.
 * @throws InvalidRequestError
 * @internal
 */
export const refuseAbsentAddress = ({ hostAddress }: DesiredMapping, { interfaces }: HostFacts): void => {
  // The whole of 127.0.0.0/8 belongs to the host, although only 127.0.0.1 is on an interface.
  if (hostAddress === null || hostAddress.startsWith('127.') || interfaces === undefined) return
  const has = interfaces.some(({ addresses }) =>
    addresses?.some((text) => formatAddress(parseInterfaceAddress(text).address) === hostAddress),
  )
  if (has) return
  throw new InvalidRequestError({
    problem: `this host has no address ${hostAddress}: nothing sent there would arrive.`,
    remedy: ({ absentAddress }) =>
      oneWay('take one that "ip address" shows, or none for every address', absentAddress),
  })
}
