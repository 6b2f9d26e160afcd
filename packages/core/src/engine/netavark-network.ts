import { addressOf } from './engine-address.ts'
import { type EngineReading, emptyReading, unreadable } from './engine-reading.ts'
import { isJsonObject, objectsOf, readJsonObject, textOf } from './json-document.ts'
import { podmanDriver, podmanProject } from './podman-project.ts'
import { readSubnets } from './subnet-text.ts'

/**
 * Reads a network of Podman from the JSON file that netavark keeps for it (podman-network(1); the keys are those of
 * `podman network inspect`).
 *
 * @example
 * const text = '{"name": "web", "subnets": [{"subnet": "10.89.0.0/24"}]}'
 * parseNetavarkNetwork(text, 'web.json').networks[0].subnets // ['10.89.0.0/24']
 * @public @since 0.1.0
 */
export const parseNetavarkNetwork = (text: string, file: string): EngineReading => {
  const read = readJsonObject(text, file)
  if (read.kind === 'fault') return unreadable(file, read.why)
  const { name, driver, subnets: written, network_interface: device } = read.object
  if (written === undefined || written === null) return emptyReading
  if (!Array.isArray(written)) return unreadable(file, 'subnets: expected a list')
  const { subnets, complaints } = readSubnets(
    file,
    written.map((entry: unknown, index) => ({
      what: `subnets[${index}].subnet`,
      value: isJsonObject(entry) ? entry.subnet : entry,
    })),
  )
  const entries = objectsOf(written)
  const gateways = entries.flatMap(({ gateway }) => addressOf(gateway))
  const ranges = entries.flatMap(({ lease_range: range }) => rangeOf(range))
  const own = driver === podmanDriver ? textOf(name) : undefined
  // The interface of a macvlan or ipvlan network is its parent, which is not a part of the network.
  const isBridge = own !== undefined || (driver ?? 'bridge') === 'bridge'
  const bridge = isBridge ? textOf(device) : undefined
  return {
    ...emptyReading,
    networks:
      subnets.length === 0
        ? []
        : [
            {
              engine: 'podman',
              ...(textOf(name) === undefined ? {} : { name: String(name) }),
              subnets,
              ...(bridge === undefined ? {} : { bridge }),
              ...(gateways.length === 0 ? {} : { gateways }),
              ...(ranges.length === 0 ? {} : { ranges }),
              file,
              ...(own === undefined ? {} : { own: { project: podmanProject, network: own } }),
            },
          ],
    complaints,
  }
}

/**
 * A lease range that has both ends. Netavark fills a missing end from the subnet, so a range with one end is left out.
 */
const rangeOf = (range: unknown): readonly string[] => {
  if (!isJsonObject(range)) return []
  const [first] = addressOf(range.start_ip)
  const [last] = addressOf(range.end_ip)
  return first === undefined || last === undefined ? [] : [`${first}-${last}`]
}
