import type { EngineNetworkFact } from '@portolan/netfilter'
import { PortolanError } from '@portolan/netfilter'
import { checkText } from '@portolan/netfilter/schema'
import { get, type MapTree, type Tree } from '../intent/compose/tree.ts'
import { readYaml } from '../intent/compose/yaml-tree.ts'
import { type EngineReading, emptyReading, unreadable, withoutFile } from './engine-reading.ts'
import { readSubnets, type WrittenSubnet } from './subnet-text.ts'

/** The groups of interfaces under `network` that may have addresses (netplan(5)). */
const groups = [
  'ethernets',
  'modems',
  'wifis',
  'bridges',
  'bonds',
  'vlans',
  'vrfs',
  'tunnels',
  'dummy-devices',
  'virtual-ethernets',
]

/** Routes of these types lead nowhere (netplan(5), `routes`, `type`). */
const nowhere: ReadonlySet<string> = new Set(['blackhole', 'unreachable', 'prohibit', 'throw'])

/**
 * Reads a netplan file: static addresses of interfaces, and routes except those that lead nowhere.
 *
 * @see netplan(5)
 * @example
 * const text = 'network: {version: 2, bridges: {br0: {addresses: [10.5.0.1/24]}}}'
 * parseNetplan(text, '50-lan.yaml').networks[0].subnets // ['10.5.0.0/24']
 * @public @since 0.1.0
 */
export const parseNetplan = (text: string, file: string): EngineReading => {
  checkText(text, 'text')
  checkText(file, 'file')
  let trees: readonly Tree[]
  try {
    trees = readYaml(text, file)
  } catch (error) {
    if (error instanceof PortolanError) return unreadable(file, withoutFile(error))
    throw error
  }
  const networks: EngineNetworkFact[] = []
  const complaints: string[] = []
  for (const root of trees) {
    const network = mapIn(root.kind === 'map' ? root : null, 'network')
    for (const [name, device] of groups.flatMap((group) => [...(mapIn(network, group)?.entries ?? [])])) {
      if (device.value.kind !== 'map') continue
      const { subnets, complaints: odd } = readSubnets(file, subnetsOf(device.value, name))
      complaints.push(...odd)
      if (subnets.length === 0) continue
      const bridge = nameOfDevice(device.value, name)
      networks.push({
        engine: 'netplan',
        name,
        subnets,
        ...(bridge === null ? {} : { bridge }),
        file,
      })
    }
  }
  return { ...emptyReading, networks, complaints }
}

const mapIn = (map: MapTree | null, key: string): MapTree | null => {
  const value = get(map, key)
  return value?.kind === 'map' ? value : null
}

const textIn = (map: MapTree, key: string): string | null => {
  const value = get(map, key)
  return value?.kind === 'scalar' ? value.text : null
}

/**
 * The name of the interface. With `match`, the key is only an id within netplan, so `set-name` has to give the name;
 * null: it does not.
 */
const nameOfDevice = (device: MapTree, key: string): string | null =>
  textIn(device, 'set-name') ?? (get(device, 'match') === null ? key : null)

const subnetsOf = (device: MapTree, name: string): readonly WrittenSubnet[] => {
  const addresses = get(device, 'addresses')
  const routes = get(device, 'routes')
  return [
    ...itemsOf(addresses).map((item) => ({ what: `${name}.addresses`, value: addressOf(item) })),
    ...itemsOf(routes).flatMap((route) => {
      const to = route.kind === 'map' ? textIn(route, 'to') : null
      if (route.kind !== 'map' || to === null || to === 'default') return []
      return nowhere.has(textIn(route, 'type') ?? '') ? [] : [{ what: `${name}.routes`, value: to }]
    }),
  ]
}

const itemsOf = (tree: Tree | null): readonly Tree[] => (tree?.kind === 'list' ? tree.items : [])

/** The address of an item: `10.0.0.1/24`, or the key of a map with its options, `10.0.0.1/24: {label: web}`. */
const addressOf = (item: Tree): string => {
  if (item.kind === 'scalar') return item.text
  return item.kind === 'map' ? ([...item.entries.keys()][0] ?? '') : ''
}
