import type { ParentedDriver, ParentedNetworkOptions } from '@portolan/core'
import {
  type Family,
  InvalidRequestError,
  tryParseAddress,
  tryParsePrefix,
  visibleLine,
} from '@portolan/netfilter'
import type { Options } from './option-table.ts'

/** The options that describe a network on an interface. */
const about = ['driver', 'subnet', 'gateway', 'ip-range'] as const

/**
 * The network that `--parent` asks for; null: it is not given.
 * @throws InvalidRequestError
 */
export const parentedOptions = (options: Options): ParentedNetworkOptions | null => {
  const { parent } = options
  if (parent === undefined) {
    const idle = about.find((name) => options[name] !== undefined)
    if (idle === undefined) return null
    throw new InvalidRequestError(
      `--${idle} describes a network on an interface, but no interface is named: give --parent too, or leave --${idle} out.`,
    )
  }
  const ip = ofFamily(options, 'ip')
  const ip6 = ofFamily(options, 'ip6')
  return {
    // pipework writes a VLAN with `@`.
    parent: parent.replace(/@(\d+)$/, '.$1'),
    ...(options.driver === undefined ? {} : { driver: driverOf(options.driver) }),
    ...(ip === null ? {} : { ipv4: ip }),
    ...(ip6 === null ? {} : { ipv6: ip6 }),
    ...(ip === null && ip6 !== null ? { ipv4: false } : {}),
  }
}

interface FamilyOptions {
  readonly subnet?: string
  readonly gateway?: string
  readonly ipRange?: string
}

const ofFamily = (options: Options, family: Family): FamilyOptions | null => {
  const subnet = oneOf(options, 'subnet', family)
  const gateway = oneOf(options, 'gateway', family)
  const ipRange = oneOf(options, 'ip-range', family)
  if (subnet === null && gateway === null && ipRange === null) return null
  return {
    ...(subnet === null ? {} : { subnet }),
    ...(gateway === null ? {} : { gateway }),
    ...(ipRange === null ? {} : { ipRange }),
  }
}

const oneOf = (options: Options, name: 'subnet' | 'gateway' | 'ip-range', family: Family): string | null => {
  const found = (options[name] ?? []).filter((text) => familyOf(name, text) === family)
  const [first = null, second] = found
  if (second !== undefined && second !== first)
    throw new InvalidRequestError(
      `--${name} is given twice for ${family === 'ip' ? 'IPv4' : 'IPv6'}, with ${first} and ${second}: a network has one in each family.`,
    )
  return first
}

const familyOf = (name: 'subnet' | 'gateway' | 'ip-range', text: string): Family => {
  const found = name === 'gateway' ? tryParseAddress(text) : tryParsePrefix(text)
  if (found !== null) return found.family
  throw new InvalidRequestError(
    `--${name} ${visibleLine(text)}: expected ${name === 'gateway' ? 'an address such as 192.0.2.1' : 'a prefix such as 192.0.2.0/24'}.`,
  )
}

const driverOf = (text: string): ParentedDriver => {
  const [kind, mode] = text.split(':')
  const wanted =
    kind === 'ipvlan' ? { kind, mode: mode ?? 'l2', flag: 'bridge' } : { kind, mode: mode ?? 'bridge' }
  // The driver is checked where the network is made, for callers in JavaScript too.
  return wanted as ParentedDriver
}
