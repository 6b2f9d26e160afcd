import { formatAddress, tryParseAddress, unmapAddress } from '@portolan/netfilter'
import { closestOf, didYouMean } from '@portolan/netfilter/text'
import type { GatewayMode } from '../intent.ts'
import { readInterfaceName } from './names.ts'
import { type Reading, readEngineBoolean, readInteger, readText } from './reading.ts'
import { asMap, entriesOf, get, getGiven, type MapTree, refuse, type Tree } from './tree.ts'

/** The settings in `driver_opts` of a bridge network; null: not set there. */
export interface DriverOptions {
  readonly bridge: string | null
  readonly icc: boolean
  readonly masquerade: boolean
  readonly hostBinding: string | null
  readonly mode: GatewayMode
  readonly mode6: GatewayMode
  readonly mtu: number | null
}

const bridge = 'com.docker.network.bridge.'
const mtuKey = 'com.docker.network.driver.mtu'
const modes: readonly GatewayMode[] = ['nat', 'nat-unprotected', 'routed', 'isolated']
const known = [
  'name',
  'enable_icc',
  'enable_ip_masquerade',
  'host_binding_ipv4',
  'gateway_mode_ipv4',
  'gateway_mode_ipv6',
]
  .map((key) => bridge + key)
  .concat(mtuKey)

/**
 * Reads the options of Docker's bridge driver that Portolan honours. Other options of Docker's get a note, and unknown
 * ones are ignored. For a network on an interface it reads only the options that such a network has too.
 */
export const readDriverOptions = (
  reading: Reading,
  network: MapTree | null,
  what: string,
  internal: boolean,
  build: 'bridge' | 'parented' = 'bridge',
): DriverOptions => {
  const path = `${what}.driver_opts`
  const options = asMap(get(network, 'driver_opts'), path)
  for (const [key, entry] of entriesOf(build === 'bridge' ? options : null))
    if (!known.includes(key) && (key.startsWith('com.docker.network.') || closestOf(key, known) !== null))
      reading.note(`${path}: ${key} has no effect here${didYouMean(key, known)}`, entry.keyPlace)
  const option = (key: string): Tree | null =>
    build === 'bridge' ? getGiven(options, bridge + key, path) : null
  const name = readText(reading, option('name'), `${path}: ${bridge}name`)
  return {
    bridge: name === null ? null : readInterfaceName(name, `${path}: ${bridge}name`),
    icc: readEngineBoolean(reading, option('enable_icc'), `${path}: ${bridge}enable_icc`) ?? true,
    masquerade:
      readEngineBoolean(reading, option('enable_ip_masquerade'), `${path}: ${bridge}enable_ip_masquerade`) ??
      true,
    hostBinding: readHostBinding(reading, option('host_binding_ipv4'), `${path}: ${bridge}host_binding_ipv4`),
    mode: readMode(reading, option('gateway_mode_ipv4'), `${path}: ${bridge}gateway_mode_ipv4`, internal),
    mode6: readMode(reading, option('gateway_mode_ipv6'), `${path}: ${bridge}gateway_mode_ipv6`, internal),
    mtu: readMtu(reading, get(options, mtuKey), `${path}: ${mtuKey}`),
  }
}

/** At least 68 (include/uapi/linux/if_ether.h, ETH_MIN_MTU). Docker takes 0 as "the default", which is null here. */
const readMtu = (reading: Reading, tree: Tree | null, what: string): number | null => {
  const mtu = readInteger(reading, tree, what, [0, 65535])
  if (tree !== null && mtu !== null && mtu > 0 && mtu < 68)
    refuse(tree.place, `${what}: expected 68 to 65535, found ${mtu}`)
  return mtu === 0 ? null : mtu
}

/**
 * Docker takes 0.0.0.0 as "no particular address", which is null here. It takes an IPv4-mapped address as the IPv4
 * address inside.
 */
const readHostBinding = (reading: Reading, tree: Tree | null, what: string): string | null => {
  const value = readText(reading, tree, what)
  if (value === null) return null
  const written = tryParseAddress(value.text)
  const address = written === null ? null : unmapAddress(written)
  if (address?.family !== 'ip')
    return refuse(value.place, `${what}: expected an IPv4 address, found "${value.text}"`)
  return address.value === 0 ? null : formatAddress(address)
}

const readMode = (reading: Reading, tree: Tree | null, what: string, internal: boolean): GatewayMode => {
  const value = readText(reading, tree, what)
  if (value === null) return 'nat'
  const mode = modes.find((name) => name === value.text)
  if (mode === undefined)
    return refuse(value.place, `${what}: expected one of ${modes.join(', ')}, found "${value.text}"`)
  if (mode === 'isolated' && !internal)
    return refuse(
      value.place,
      `${what}: isolated leaves the network without a gateway: expected \`internal: true\` beside it`,
    )
  return mode
}
