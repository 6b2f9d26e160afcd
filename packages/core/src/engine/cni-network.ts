import { addressOf } from './engine-address.ts'
import { type EngineReading, emptyReading, unreadable } from './engine-reading.ts'
import { isJsonObject, type JsonObject, objectsOf, readJsonObject, textOf } from './json-document.ts'
import { readSubnets, type WrittenSubnet } from './subnet-text.ts'

/**
 * Reads a CNI network: a list of plugins (`.conflist`), or a single plugin (`.conf`, `.json`). The subnets come from
 * the IPAM plugins: `subnet` and `ranges` of host-local, `addresses` of static, `ipv4_pools` and `ipv6_pools` of
 * Calico. The subnets of a delegate (Multus, flannel) count too.
 *
 * @see https://www.cni.dev/plugins/current/ipam/host-local/
 * @example
 * const text = '{"name": "pods", "type": "bridge", "ipam": {"type": "host-local", "subnet": "10.22.0.0/16"}}'
 * parseCniNetwork(text, 'pods.conf').networks[0].subnets // ['10.22.0.0/16']
 * @public @since 0.1.0
 */
export const parseCniNetwork = (text: string, file: string): EngineReading => {
  const read = readJsonObject(text, file)
  if (read.kind === 'fault') return unreadable(file, read.why)
  const { object } = read
  const plugins = Array.isArray(object.plugins) ? objectsOf(object.plugins) : [object]
  const all = plugins.flatMap((plugin) => [plugin, ...delegatesOf(plugin)])
  const { subnets, complaints } = readSubnets(file, all.flatMap(subnetsOf))
  const handing = all.flatMap(rangesOf)
  const gateways = handing.flatMap(({ gateway }) => addressOf(gateway))
  const ranges = handing.flatMap(({ rangeStart, rangeEnd }) => {
    const [first] = addressOf(rangeStart)
    const [last] = addressOf(rangeEnd)
    return first === undefined || last === undefined ? [] : [`${first}-${last}`]
  })
  const bridging = all.find(({ type }) => type === 'bridge')
  // https://www.cni.dev/plugins/current/main/bridge/: "Defaults to cni0".
  const bridge = bridging === undefined ? undefined : (textOf(bridging.bridge) ?? 'cni0')
  const name = textOf(object.name)
  return {
    ...emptyReading,
    networks:
      subnets.length === 0
        ? []
        : [
            {
              engine: 'cni',
              ...(name === undefined ? {} : { name }),
              subnets,
              ...(bridge === undefined ? {} : { bridge }),
              ...(gateways.length === 0 ? {} : { gateways }),
              ...(ranges.length === 0 ? {} : { ranges }),
              file,
            },
          ],
    complaints,
  }
}

const delegatesOf = ({ delegate, delegates }: JsonObject): readonly JsonObject[] => [
  ...objectsOf([delegate]),
  ...objectsOf(delegates),
]

/**
 * The ranges of host-local: the entries of `ranges`, and `ipam` itself, which holds the single range of the old syntax.
 */
const rangesOf = ({ ipam }: JsonObject): readonly JsonObject[] => {
  if (!isJsonObject(ipam)) return []
  return objectsOf([ipam, ...(Array.isArray(ipam.ranges) ? ipam.ranges : []).flat()])
}

const subnetsOf = ({ ipam }: JsonObject): readonly WrittenSubnet[] => {
  if (!isJsonObject(ipam)) return []
  const { subnet, ranges, addresses } = ipam
  const inRanges = (Array.isArray(ranges) ? ranges : []).flat().map((range: unknown) => ({
    what: 'ipam.ranges',
    value: isJsonObject(range) ? range.subnet : range,
  }))
  const pools = [ipam.ipv4_pools, ipam.ipv6_pools]
    .flatMap((list) => (Array.isArray(list) ? list : []))
    // Calico also accepts the name of a pool instead of its prefix.
    .filter((pool) => String(pool).includes('/'))
  return [
    // A placeholder of Kubernetes: the runtime replaces it by the node's own range.
    ...(subnet === undefined || subnet === null || subnet === 'usePodCidr'
      ? []
      : [{ what: 'ipam.subnet', value: subnet }]),
    ...inRanges.filter(({ value }) => value !== 'usePodCidr'),
    ...objectsOf(addresses).map(({ address }) => ({ what: 'ipam.addresses', value: address })),
    ...pools.map((value: unknown) => ({ what: 'ipam pools', value })),
  ]
}
