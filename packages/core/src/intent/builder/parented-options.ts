import { InvalidRequestError } from '@portolan/netfilter'
import { refuseUnknownOptions, shownValue } from '@portolan/netfilter/schema'
import { interfaceNameFault } from '../../contract/check-name.ts'
import type { ParentedDriver, ParentedNetworkIntent } from '../parented-network.ts'
import { type NetworkOptions, networkIntent } from './network-options.ts'

/**
 * The settings of a network on an interface of the host, as a program gives them. Absent options mean the same as
 * absent keys in a Compose file.
 * @example
 * const options: ParentedNetworkOptions = { parent: 'eth1', ipv4: { subnet: '192.0.2.0/24', gateway: '192.0.2.1' } }
 * options.parent // 'eth1'
 * @public @since 0.1.0
 */
export interface ParentedNetworkOptions
  extends Pick<NetworkOptions, 'pool' | 'ipv4' | 'ipv6' | 'internal' | 'mtu'> {
  /** The interface, 1 to 15 bytes. If `eth1.100` does not exist, Portolan makes it: VLAN 100 on eth1. */
  readonly parent: string
  /** Absent: macvlan of mode `bridge`. */
  readonly driver?: ParentedDriver
}

const own = ['parent', 'driver'] as const
const shared = ['pool', 'ipv4', 'ipv6', 'internal', 'mtu'] as const
const modes = { macvlan: ['bridge', 'vepa', 'private', 'passthru'], ipvlan: ['l2', 'l3', 'l3s'] } as const
const flags = ['bridge', 'private', 'vepa'] as const

/**
 * The intent of a network on an interface.
 *
 * @throws InvalidRequestError for an invalid option
 * @example
 * parentedIntent('lan', { parent: 'eth1' }).driver // { kind: 'macvlan', mode: 'bridge' }
 * @public @since 0.1.0
 */
export const parentedIntent = (name: string, options: ParentedNetworkOptions): ParentedNetworkIntent => {
  refuseUnknownOptions(options, [...own, ...shared], `network ${name}`)
  const { parent, driver = { kind: 'macvlan', mode: 'bridge' } } = options
  const fault = typeof parent === 'string' && parent !== '' ? interfaceNameFault(parent) : null
  if (fault !== null)
    throw new InvalidRequestError(
      `the parent of network ${name} is ${shownValue(parent)}, which no interface can be called: ${fault}.`,
    )
  if (typeof parent !== 'string' || parent === '' || parent === 'lo')
    throw new InvalidRequestError(
      `the parent of network ${name} is ${shownValue(parent)}: expected the name of an interface such as "eth1", or of a VLAN such as "eth1.100".`,
    )
  const { internal, mtu, pools, ip, ip6 } = networkIntent(
    name,
    Object.fromEntries(shared.flatMap((key) => (options[key] === undefined ? [] : [[key, options[key]]]))),
  )
  return {
    name,
    driver: checkedDriver(name, driver),
    parent,
    internal,
    mtu,
    pools,
    ip: ip === null ? null : { subnet: ip.subnet, gateway: ip.gateway, ipRange: ip.ipRange },
    ip6: ip6 === null ? null : { subnet: ip6.subnet, gateway: ip6.gateway, ipRange: ip6.ipRange },
    endpoints: [],
    place: null,
  }
}

const checkedDriver = (name: string, driver: ParentedDriver): ParentedDriver => {
  if (typeof driver !== 'object' || driver === null)
    throw new InvalidRequestError(
      `the driver of network ${name} is ${shownValue(driver)}: expected an object such as { kind: "macvlan", mode: "bridge" }.`,
    )
  const known: readonly string[] | undefined = Object.hasOwn(modes, driver.kind)
    ? modes[driver.kind]
    : undefined
  if (known?.includes(driver.mode) !== true)
    throw new InvalidRequestError(
      `the driver of network ${name} is ${shownValue(`${driver.kind}:${driver.mode}`)}${String(driver.kind) === 'macvtap' ? ', which is not supported' : ''}: expected macvlan with a mode of ${modes.macvlan.join(', ')}, or ipvlan with ${modes.ipvlan.join(', ')}.`,
    )
  if (driver.kind === 'ipvlan' && !flags.includes(driver.flag))
    throw new InvalidRequestError(
      `the flag of network ${name} is ${shownValue(driver.flag)}: expected one of ${flags.join(', ')}.`,
    )
  return driver
}
