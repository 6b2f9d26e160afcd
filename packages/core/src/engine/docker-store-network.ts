import type { EngineNetworkFact, UsedAddressFact } from '@portolan/netfilter'
import { bridgeName as ownBridgeName } from '../contract/bridge-name.ts'
import { addressOf } from './engine-address.ts'
import { isJsonObject, type JsonObject, objectsOf, textOf } from './json-document.ts'
import { readSubnets } from './subnet-text.ts'

/**
 * The names that `portolan docker-plugin` uses: the driver, after the name of its socket, and the project of its
 * networks.
 */
const pluginDriver = 'portolan'
const pluginProject = 'docker'

/** A network of Docker's database; null for one without a subnet, such as `host` and `none`. */
export interface DockerStoreNetwork {
  readonly network: EngineNetworkFact | null
  readonly complaints: readonly string[]
}

/**
 * Reads one network of Docker's database. The subnets are those that IPAM assigned (`ipamV4Info`). A record without
 * them gives the requested subnets (`ipamV4Config`), or else the subnets of its bridge.
 *
 * @param bridge - the bridge driver's own record of the network; undefined: there is none
 */
export const dockerStoreNetwork = (
  id: string,
  network: JsonObject,
  bridge: JsonObject | undefined,
  file: string,
): DockerStoreNetwork => {
  const given = [network.ipamV4Info, network.ipamV6Info]
    .flatMap(listOf)
    .map((info) => objectOf(info.IPAMData) ?? info)
  // A network that is only a template for others has no subnet (`docker network create --config-only`).
  const asked =
    network.configOnly === true ? [] : [network.ipamV4Config, network.ipamV6Config].flatMap(listOf)
  const name = textOf(network.name)
  const what = `network ${name ?? id}`
  const pools = given.flatMap(({ Pool }) => textOf(Pool) ?? [])
  const wanted = asked.flatMap(({ PreferredPool }) => textOf(PreferredPool) ?? [])
  const onBridge = [bridge?.AddressIPv4, bridge?.AddressIPv6].flatMap((text) => textOf(text) ?? [])
  const written = [pools, wanted, onBridge].find((list) => list.length > 0) ?? []
  const { subnets, complaints } = readSubnets(
    file,
    written.map((value) => ({ what, value })),
  )
  const driver = textOf(network.networkType)
  if (subnets.length === 0) {
    const isOdd = driver === 'bridge' && network.configOnly !== true && complaints.length === 0
    const complaint = `${file}: ${what} has no subnet that is understood. It is not avoided.`
    return { network: null, complaints: isOdd ? [complaint] : complaints }
  }
  const own = driver === pluginDriver ? { project: pluginProject, network: id.slice(0, 12) } : undefined
  const device =
    own !== undefined
      ? (namedBridge(network) ?? ownBridgeName(own.project, own.network))
      : driver === 'bridge'
        ? bridgeName(id, network, bridge)
        : undefined
  const gateways = given.flatMap(({ Gateway }) => addressOf(Gateway))
  const ranges = readSubnets(
    file,
    asked.flatMap(({ SubPool }) => textOf(SubPool) ?? []).map((value) => ({ what, value })),
  ).subnets
  return {
    complaints,
    network: {
      engine: 'docker',
      ...(name === undefined ? {} : { name }),
      subnets,
      ...(device === undefined ? {} : { bridge: device }),
      ...(gateways.length === 0 ? {} : { gateways }),
      ...(ranges.length === 0 ? {} : { ranges }),
      used: given.flatMap(({ AuxAddresses }) => auxiliaryAddresses(AuxAddresses)),
      ...(own === undefined ? {} : { own }),
    },
  }
}

/** `docker network create --aux-address`: addresses reserved for something other than a container. */
const auxiliaryAddresses = (written: unknown): readonly UsedAddressFact[] =>
  isJsonObject(written)
    ? Object.entries(written).flatMap(([by, text]) => addressOf(text).map((address) => ({ address, by })))
    : []

/**
 * The name of a network's bridge: the option, else the driver's record, else the default (moby, drivers/bridge
 * `parseNetworkOptions`).
 */
const bridgeName = (id: string, network: JsonObject, bridge: JsonObject | undefined): string =>
  namedBridge(network) ?? textOf(bridge?.BridgeName) ?? `br-${id.slice(0, 12)}`

const namedBridge = ({ generic }: JsonObject): string | undefined => {
  const all = isJsonObject(generic) ? generic['com.docker.network.generic'] : undefined
  return isJsonObject(all) ? textOf(all['com.docker.network.bridge.name']) : undefined
}

/** Parses a value that may be JSON inside a string: Docker stores lists and objects in its JSON that way. */
const parsed = (value: unknown): unknown => {
  if (typeof value !== 'string') return value
  try {
    return JSON.parse(value)
  } catch {
    return undefined
  }
}

const listOf = (value: unknown): readonly JsonObject[] => objectsOf(parsed(value))

const objectOf = (value: unknown): JsonObject | undefined => {
  const found = parsed(value)
  return isJsonObject(found) ? found : undefined
}
