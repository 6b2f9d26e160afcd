import {
  type Family,
  families,
  firstAddress,
  formatAddress,
  formatPrefix,
  InvalidRequestError,
  tryParseAddress,
  tryParseHostOrPrefix,
} from '@portolan/netfilter'
import { checkText } from '@portolan/netfilter/schema'
import type { DesiredParentedNetwork } from './desired-parented-network.ts'
import type {
  DesiredMapping,
  DesiredNetwork,
  DesiredOpening,
  DesiredRoute,
  DesiredState,
} from './desired-state.ts'

const version = { ip: 'IPv4', ip6: 'IPv6' } as const

/** Addresses known to be canonical: ten thousand mappings lead to few addresses, and each is parsed once. */
const canonical: Readonly<Record<Family, Set<string>>> = { ip: new Set(), ip6: new Set() }
const CANONICAL_LIMIT = 4_096

/**
 * @param what - `The gateway of`, without the name: the message is put together only for a refused value, not for each
 *   of ten thousand mappings
 */
const checkAddress = (address: string, family: Family, what: string, name: string): void => {
  const known = canonical[family]
  if (known.has(address)) return
  const parsed = tryParseAddress(address)
  if (parsed?.family !== family || formatAddress(parsed) !== address)
    throw new InvalidRequestError(
      `${what} ${name}, ${JSON.stringify(address)}, is not a canonical ${version[family]} address.`,
    )
  if (known.size < CANONICAL_LIMIT) known.add(address)
}

const checkPrefix = (cidr: string, family: Family, what: string): void => {
  const parsed = tryParseHostOrPrefix(cidr)
  const isCanonical =
    parsed !== null && [formatPrefix(parsed), formatAddress(firstAddress(parsed))].includes(cidr)
  if (parsed?.family !== family || !isCanonical)
    throw new InvalidRequestError(
      `${what}, ${JSON.stringify(cidr)}, is not a canonical ${version[family]} prefix.`,
    )
}

const checkNumber = (value: number, first: number, last: number, what: string, name: string): void => {
  if (!Number.isInteger(value) || value < first || value > last)
    throw new InvalidRequestError(`${what} ${name} ${value} is not a whole number from ${first} to ${last}.`)
}

/**
 * Refuses a project name that cannot stand at the start of a rule's comment.
 * @throws InvalidRequestError
 * @example
 * checkProject('shop') // undefined
 * @public @since 0.1.0
 */
export const checkProject = (project: string): void => {
  checkText(project, 'project')
  if (!/^[a-z0-9][a-z0-9_-]{0,62}$/.test(project))
    throw new InvalidRequestError(
      `Project ${JSON.stringify(project)} is not a usable name: use lower-case letters, digits, "-" and "_", at most 63, starting with a letter or digit.`,
    )
}

const checkNetwork = (network: DesiredNetwork): void => {
  for (const family of families) {
    const subnet = network[family]
    if (subnet === null) continue
    checkPrefix(subnet.subnet, family, `The subnet of network ${network.name}`)
    if (subnet.gateway !== null) checkAddress(subnet.gateway, family, 'The gateway of network', network.name)
    for (const prefix of subnet.unmasqueraded ?? [])
      checkPrefix(prefix, family, `A block that network ${network.name} reaches`)
  }
}

/** Checks a route. No rule holds its values, but scripts do. */
const checkRoute = ({ destination, via }: DesiredRoute): void => {
  const family = destination.includes(':') ? 'ip6' : 'ip'
  checkPrefix(destination, family, 'The block of a route')
  checkAddress(via, family, 'The gateway of the route to', destination)
}

/**
 * Refuses a mapping with values that cannot be written as a rule, or that would change the rule's meaning.
 * @throws InvalidRequestError naming the value
 * @example
 * desired.mappings.forEach(checkMapping)
 * @public @since 0.1.0
 */
export const checkMapping = (mapping: DesiredMapping): void => {
  const { family, label } = mapping
  if (mapping.hostAddress !== null) checkAddress(mapping.hostAddress, family, 'The host address of', label)
  checkNumber(mapping.hostPort, 1, 65535, 'The host port of', label)
  if (!['tcp', 'udp', 'sctp'].includes(mapping.protocol))
    throw new InvalidRequestError(`The protocol of ${label} is not tcp, udp or sctp.`)
  for (const prefix of mapping.allowFrom ?? []) checkPrefix(prefix, family, `The allow_from of ${label}`)
  for (const target of mapping.targets) {
    checkAddress(target.address, family, 'The target of', label)
    checkNumber(target.port, 1, 65535, 'The target port of', label)
    checkNumber(target.weight, 1, 1_000_000, 'The weight of', label)
  }
}

/** Checks a network on a parent. No rule holds its values, but commands that operators run do. */
const checkParented = ({ name, ip, ip6, endpoints }: DesiredParentedNetwork): void => {
  for (const [family, subnet] of [['ip', ip] as const, ['ip6', ip6] as const]) {
    if (subnet === null) continue
    checkPrefix(subnet.subnet, family, `The subnet of network ${name}`)
    if (subnet.gateway !== null) checkAddress(subnet.gateway, family, 'The gateway of network', name)
  }
  for (const endpoint of endpoints)
    for (const family of families) {
      const address = endpoint[family]
      if (address !== null) checkAddress(address, family, 'The address of', `${endpoint.service} on ${name}`)
    }
}

const checkOpening = ({ label, family, address, from, ports }: DesiredOpening): void => {
  if (address !== null) checkAddress(address, family, 'The container of', label)
  if (from.kind === 'prefix') checkPrefix(from.prefix, family, `The reachable_from of ${label}`)
  if (from.kind === 'container') checkAddress(from.address, family, 'The source of', label)
  if (ports !== null && (address === null || from.kind !== 'container'))
    throw new InvalidRequestError(
      `${label} has ports, which only an opening from one container to another one can have.`,
    )
  for (const { port, protocol } of ports ?? []) {
    checkNumber(port, 1, 65535, 'The port of', label)
    if (!['tcp', 'udp', 'sctp'].includes(protocol))
      throw new InvalidRequestError(`A protocol of ${label} is not tcp, udp or sctp.`)
  }
}

/**
 * Refuses a desired state with values that cannot be written as rules. Both compilers call this first, so a state made
 * by hand is as safe as one that `resolve` made. Each dialect checks the names of interfaces itself.
 *
 * @throws InvalidRequestError naming the value
 * @example
 * checkDesired({ project: 'shop', networks: [], endpoints: [], mappings: [], guardForwarding: false })
 * @public @since 0.1.0
 */
export const checkDesired = (desired: DesiredState): void => {
  checkProject(desired.project)
  desired.networks.forEach(checkNetwork)
  desired.mappings.forEach(checkMapping)
  desired.parented?.forEach(checkParented)
  desired.openings?.forEach(checkOpening)
  desired.routes?.forEach(checkRoute)
}
