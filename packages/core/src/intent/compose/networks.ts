import {
  formatAddress,
  formatPrefix,
  IntentError,
  InvalidRequestError,
  type SourcePosition,
} from '@portolan/netfilter'
import { didYouMean } from '@portolan/netfilter/text'
import { parsePool } from '../../pool/parse-pool.ts'
import type { GatewayMode, NetworkIntent, SubnetIntent } from '../intent.ts'
import { readDriverOptions } from './driver-options.ts'
import { type FixedSubnet, readIpam } from './ipam.ts'
import { knownKeys } from './known-keys.ts'
import { checkName } from './names.ts'
import { onlyOurKeys } from './our-keys.ts'
import { type ParentedOptions, parentedDrivers, readParentedOptions, whyNoReach } from './parented-options.ts'
import { type Named, readNetworkReachable } from './reachable-from.ts'
import { type Reading, readBoolean, readText, readTexts, type Value } from './reading.ts'
import { asMap, type Entry, entriesOf, get, getGiven, type MapTree, onlyKeys, refuse } from './tree.ts'
import { noteUnknownKeys } from './unknown-keys.ts'

/** A network as the file defines it, with the facts that checks of the file need. */
export interface ReadNetwork {
  readonly intent: NetworkIntent
  /** The name of the network outside the file. Docker sorts networks by it. */
  readonly actualName: string
  readonly subnets: readonly FixedSubnet[]
  readonly build: NetworkBuild
}

/**
 * How a network is built: with a bridge, or on an interface of the host. The engine makes a network of any other
 * driver.
 */
export type NetworkBuild =
  | { readonly kind: 'bridge' }
  | ({ readonly kind: 'parented' } & ParentedOptions)
  | { readonly kind: 'elsewhere' }

/** Reads `networks`, in the order of the file. */
export const readNetworks = (
  reading: Reading,
  root: MapTree,
  project: string,
  named: Named,
): readonly ReadNetwork[] =>
  entriesOf(asMap(getGiven(root, 'networks', 'the file'), 'networks')).map(([name, entry]) => {
    checkName(name, entry.keyPlace, 'network')
    const what = `networks.${name}`
    const body = asMap(entry.value, what)
    noteUnknownKeys(reading, body, 'network', what)
    const external = readExternal(reading, body, what)
    return external === null
      ? readOwn(reading, name, entry, body, project, named)
      : readForeign(reading, name, entry, body, external)
  })

/** Reads `external: true`, or the older `external: {name: x}`; null: the network is not external. */
const readExternal = (
  reading: Reading,
  body: MapTree | null,
  what: string,
): { name: string | null } | null => {
  const tree = getGiven(body, 'external', what)
  if (tree?.kind !== 'map')
    return readBoolean(reading, tree, `${what}.external`) === true ? { name: null } : null
  onlyKeys(tree, ['name'], `${what}.external`)
  const name = readText(reading, get(tree, 'name'), `${what}.external.name`)
  const other = readText(reading, get(body, 'name'), `${what}.name`)
  if (name !== null && other !== null && name.text !== other.text)
    refuse(other.place, `${what}: \`name\` and \`external.name\` differ: keep \`name\` only`)
  return { name: name?.text ?? null }
}

/** Does this key have no effect on an external network? An unknown key has a note of its own. */
const isIdleKey = (key: string): boolean =>
  key === 'x-portolan' ||
  (!['external', 'name', 'labels'].includes(key) && knownKeys.network.some((known) => known === key))

const readForeign = (
  reading: Reading,
  name: string,
  entry: Entry,
  body: MapTree | null,
  external: { name: string | null },
): ReadNetwork => {
  const what = `networks.${name}`
  for (const [key, other] of entriesOf(body))
    if (isIdleKey(key))
      reading.note(
        `${what}.${key} has no effect: the network is external, made outside this project`,
        other.keyPlace,
      )
  const actualName = readText(reading, get(body, 'name'), `${what}.name`)?.text ?? external.name ?? name
  if (actualName === 'host' || actualName === 'none') {
    reading.note(
      `${what}: the network "${actualName}" is no bridge: nothing is planned for it. Write \`network_mode: ${actualName}\` at the service instead`,
      entry.keyPlace,
    )
    return otherNetwork(reading, name, entry, actualName)
  }
  const options = readDriverOptions(reading, null, what)
  const intent = {
    ...intentOf(name, entry.keyPlace, false, options, null),
    external: true,
    externalName: actualName,
  }
  return {
    intent: { ...intent, ip: subnetIntent(undefined, 'nat'), ip6: null },
    actualName,
    subnets: [],
    build: { kind: 'bridge' },
  }
}

const readOwn = (
  reading: Reading,
  name: string,
  entry: Entry,
  body: MapTree | null,
  project: string,
  named: Named,
): ReadNetwork => {
  const what = `networks.${name}`
  const build = readBuild(reading, body, what)
  if (build.kind === 'elsewhere') return otherNetwork(reading, name, entry, `${project}_${name}`)
  const internal = readBoolean(reading, getGiven(body, 'internal', what), `${what}.internal`) ?? false
  const v4 = readBoolean(reading, getGiven(body, 'enable_ipv4', what), `${what}.enable_ipv4`) ?? true
  const v6 = readBoolean(reading, getGiven(body, 'enable_ipv6', what), `${what}.enable_ipv6`) ?? false
  if (!v4 && !v6)
    refuse(entry.keyPlace, `${what}: neither IPv4 nor IPv6 is enabled: expected one of them at least`)
  const options = readDriverOptions(reading, body, what, {
    internal,
    hasIp4: v4,
    hasIp6: v6,
    build: build.kind,
  })
  const subnets = readIpam(reading, body, what).filter((subnet) => {
    const enabled = subnet.family === 'ip' ? v4 : v6
    // Docker ignores such a subnet too (moby, api/types/network/ipam.go `ValidateIPAM`), but without a message.
    if (!enabled)
      reading.note(
        `${what}: the subnet ${formatPrefix(subnet.prefix)} has no effect: ${subnet.family === 'ip' ? 'enable_ipv4 is false' : 'enable_ipv6 is not true'}`,
        subnet.place,
      )
    return enabled
  })
  const subnetOf = (family: 'ip' | 'ip6'): FixedSubnet | undefined =>
    subnets.find((subnet) => subnet.family === family)
  const reachableFrom = readNetworkReachable(reading, body, name, named)
  if (build.kind === 'parented' && reachableFrom.length > 0)
    reading.note(`${what}.x-portolan.reachable_from has no effect: ${whyNoReach(build)}`, entry.keyPlace)
  const intent: NetworkIntent = {
    ...intentOf(name, entry.keyPlace, internal, options, readPools(reading, body, what)),
    ip: v4 ? subnetIntent(subnetOf('ip'), options.mode) : null,
    ip6: v6 ? subnetIntent(subnetOf('ip6'), options.mode6) : null,
    ...(reachableFrom.length === 0 ? {} : { reachableFrom }),
  }
  const actualName = readText(reading, get(body, 'name'), `${what}.name`)?.text ?? `${project}_${name}`
  return { intent, actualName, subnets, build }
}

const readBuild = (reading: Reading, body: MapTree | null, what: string): NetworkBuild => {
  const driver = readText(reading, getGiven(body, 'driver', what), `${what}.driver`)
  if (driver === null || ourDrivers.includes(driver.text)) return { kind: 'bridge' }
  const parented = parentedDrivers.find((one) => one === driver.text)
  const options = parented === undefined ? null : readParentedOptions(reading, body, parented, what)
  if (options !== null) return { kind: 'parented', ...options }
  reading.note(
    parented === undefined
      ? driver.text === 'portolan'
        ? `${what}: a network of driver portolan is one of Docker: \`portolan docker-plugin\` makes it for Docker, and nothing is planned for it. Leave the driver out to have it planned from this file`
        : `${what}: a network of driver ${driver.text} is not Portolan's: the engine makes it, and nothing is planned for it${driver.text === 'macvtap' ? '. macvtap, which is for virtual machines, is not done; macvlan is' : didYouMean(driver.text, ['bridge', ...parentedDrivers])}`
      : `${what}: a network of driver ${driver.text} without a parent leads nowhere: the engine makes it, and nothing is planned for it. Name the interface that its containers share under \`driver_opts\` (\`parent: eth0\`)`,
    driver.place,
  )
  return { kind: 'elsewhere' }
}

/**
 * The drivers that mean a bridge. Docker builds a network of any other driver without a bridge (moby,
 * libnetwork/drivers), or a plugin does.
 */
const ourDrivers: readonly string[] = ['bridge', 'default', '']

const otherNetwork = (
  reading: Reading,
  name: string,
  { keyPlace }: Entry,
  actualName: string,
): ReadNetwork => ({
  intent: {
    ...intentOf(name, keyPlace, false, readDriverOptions(reading, null, `networks.${name}`), null),
    ip: subnetIntent(undefined, 'nat'),
    ip6: null,
  },
  actualName,
  subnets: [],
  build: { kind: 'elsewhere' },
})

const intentOf = (
  name: string,
  place: SourcePosition | null,
  internal: boolean,
  { bridge, icc, masquerade, hostBinding, mtu }: ReturnType<typeof readDriverOptions>,
  pools: readonly string[] | null,
): Omit<NetworkIntent, 'ip' | 'ip6'> => ({
  name,
  external: false,
  externalName: null,
  bridge,
  internal,
  icc,
  masquerade,
  hostBinding,
  mtu,
  pools,
  place,
})

const subnetIntent = (fixed: FixedSubnet | undefined, mode: GatewayMode): SubnetIntent => ({
  subnet: fixed === undefined ? null : formatPrefix(fixed.prefix),
  gateway: fixed?.gateway ? formatAddress(fixed.gateway) : null,
  ipRange: fixed?.ipRange ? formatPrefix(fixed.ipRange) : null,
  mode,
})

const readPools = (reading: Reading, body: MapTree | null, what: string): readonly string[] | null => {
  const ours = asMap(getGiven(body, 'x-portolan', what), `${what}.x-portolan`)
  if (ours === null) return null
  onlyOurKeys(ours, ['pool', 'reachable_from'], `${what}.x-portolan`)
  const pools = readTexts(reading, get(ours, 'pool'), `${what}.x-portolan.pool`)
  for (const pool of pools) checkPool(pool, `${what}.x-portolan.pool`)
  return pools.length === 0 ? null : pools.map(({ text }) => text)
}

const checkPool = (pool: Value, what: string): void => {
  try {
    parsePool(pool.text)
  } catch (error) {
    if (!(error instanceof InvalidRequestError)) throw error
    throw new IntentError(`${what}: ${error.message}`, pool.place, { cause: error })
  }
}

/** The network of services that name no network. The file need not define it (Compose Specification, 06-networks). */
export const implicitDefault = (reading: Reading, project: string): ReadNetwork => ({
  intent: {
    ...intentOf('default', null, false, readDriverOptions(reading, null, 'networks.default'), null),
    ip: subnetIntent(undefined, 'nat'),
    ip6: null,
  },
  actualName: `${project}_default`,
  subnets: [],
  build: { kind: 'bridge' },
})
