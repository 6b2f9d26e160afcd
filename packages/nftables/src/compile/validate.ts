import {
  type DesiredMapping,
  type DesiredNetwork,
  type DesiredState,
  type Family,
  families,
  firstAddress,
  formatAddress,
  formatPrefix,
  InvalidRequestError,
  tryParseAddress,
  tryParseHostOrPrefix,
} from '@portolan/core'
import { isProjectName, isQuotable } from './owner.ts'
import { byteLength } from './utf8.ts'

const version = { ip: 'IPv4', ip6: 'IPv6' } as const

/**
 * Interface names go into quoted strings. `dev_valid_name` (net/core/dev.c) refuses `/`, `:`, white space, `.`
 * and `..`; nft reads a closing `*` as a wildcard, in JSON a leading
 * `@` as a set, and has no way to write `"`.
 */
const checkInterface = (name: string, what: string): void => {
  const bytes = byteLength(name)
  const sound =
    bytes >= 1 && bytes <= 15 && isQuotable(name) && !/[\s/:*]/u.test(name) && !/^(@.*|\.\.?)$/u.test(name)
  if (!sound)
    throw new InvalidRequestError(
      `${what} ${JSON.stringify(name)} is not a usable interface name: use 1 to 15 bytes without spaces, quotes, "/", ":", "*" or "\\", and no "@" in front.`,
    )
}

const checkAddress = (address: string, family: Family, what: string): void => {
  const parsed = tryParseAddress(address)
  if (parsed?.family !== family || formatAddress(parsed) !== address)
    throw new InvalidRequestError(
      `${what}, ${JSON.stringify(address)}, is not a canonical ${version[family]} address.`,
    )
}

const checkPrefix = (cidr: string, family: Family, what: string): void => {
  const parsed = tryParseHostOrPrefix(cidr)
  const canonical =
    parsed !== null && [formatPrefix(parsed), formatAddress(firstAddress(parsed))].includes(cidr)
  if (parsed?.family !== family || !canonical)
    throw new InvalidRequestError(
      `${what}, ${JSON.stringify(cidr)}, is not a canonical ${version[family]} prefix.`,
    )
}

const checkNumber = (value: number, first: number, last: number, what: string): void => {
  if (!Number.isInteger(value) || value < first || value > last)
    throw new InvalidRequestError(`${what} ${value} is not a whole number from ${first} to ${last}.`)
}

/** @throws InvalidRequestError when comments could not begin with this name */
export const validateProject = (project: string): void => {
  if (!isProjectName(project))
    throw new InvalidRequestError(
      `Project ${JSON.stringify(project)} is not a usable name: use lower-case letters, digits, "-" and "_", at most 63, starting with a letter or digit.`,
    )
}

const validateNetwork = (network: DesiredNetwork): void => {
  checkInterface(network.bridge, `The bridge of network ${network.name}`)
  for (const family of families) {
    const subnet = network[family]
    if (subnet === null) continue
    checkPrefix(subnet.subnet, family, `The subnet of network ${network.name}`)
    if (subnet.gateway !== null)
      checkAddress(subnet.gateway, family, `The gateway of network ${network.name}`)
  }
}

/** @throws InvalidRequestError naming the value that cannot be written */
export const validateMapping = (mapping: DesiredMapping): void => {
  const { family, label } = mapping
  if (mapping.interface !== null) checkInterface(mapping.interface, `The interface of mapping ${label}`)
  if (mapping.hostAddress !== null) checkAddress(mapping.hostAddress, family, `The host address of ${label}`)
  checkNumber(mapping.hostPort, 1, 65535, `The host port of ${label}`)
  if (!['tcp', 'udp', 'sctp'].includes(mapping.protocol))
    throw new InvalidRequestError(`The protocol of ${label} is not tcp, udp or sctp.`)
  for (const prefix of mapping.allowFrom ?? []) checkPrefix(prefix, family, `The allow_from of ${label}`)
  for (const target of mapping.targets) {
    checkAddress(target.address, family, `The target of ${label}`)
    checkNumber(target.port, 1, 65535, `The target port of ${label}`)
    checkNumber(target.weight, 1, 1_000_000, `The weight of ${label}`)
  }
}

/**
 * Refuses what could not be written as a rule, so that nothing a user says changes the meaning of a script.
 * @throws InvalidRequestError naming the value
 */
export const validate = (desired: DesiredState): void => {
  validateProject(desired.project)
  desired.networks.forEach(validateNetwork)
  desired.mappings.forEach(validateMapping)
}
