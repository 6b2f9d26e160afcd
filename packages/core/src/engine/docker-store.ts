import type { EngineNetworkFact, UsedAddressFact } from '@portolan/netfilter'
import { dockerStoreNetwork } from './docker-store-network.ts'
import { addressOf } from './engine-address.ts'
import { type EngineReading, emptyReading } from './engine-reading.ts'
import { isJsonObject, type JsonObject, readJsonObject, textOf } from './json-document.ts'
import type { StoreRecord } from './store-record.ts'

/** The start of libnetwork's keys, with their version (moby, daemon/libnetwork/datastore). */
const prefix = 'docker/network/v1.0/'

/**
 * Reads the networks in Docker's database (`local-kv.db`, bucket `libnetwork`), also those that are down, with the
 * addresses of their containers.
 *
 * @param records - keys and their JSON, without the counter of 8 bytes that precedes each text
 * @param file - what to call the database: its path
 * @throws never: what cannot be understood is in `complaints`
 * @see moby, daemon/libnetwork/network.go `MarshalJSON`, endpoint.go `MarshalJSON`, drivers/bridge/bridge_store.go
 * @example
 * const text = '{"name": "web", "networkType": "bridge", "ipamV4Info": "[{\\"IPAMData\\": \\"{\\\\\\"Pool\\\\\\": \\\\\\"172.18.0.0/16\\\\\\"}\\"}]"}'
 * parseDockerStore([{ key: 'docker/network/v1.0/network/0a1b2c3d4e5f/', text }], 'local-kv.db').networks[0].bridge // 'br-0a1b2c3d4e5f'
 * @public @since 0.1.0
 */
export const parseDockerStore = (records: readonly StoreRecord[], file: string): EngineReading => {
  const complaints: string[] = []
  const byKind = (kind: string): ReadonlyMap<string, JsonObject> => {
    const start = `${prefix}${kind}/`
    const found = new Map<string, JsonObject>()
    for (const { key, text } of records) {
      if (!key.startsWith(start)) continue
      const read = readJsonObject(text, file)
      if (read.kind === 'object') found.set(key.slice(start.length).replace(/\/$/, ''), read.object)
      else
        complaints.push(
          `${file}: the record ${key} is not understood (${read.why}). What it defines is not avoided.`,
        )
    }
    return found
  }
  if (records.length > 0 && !records.some(({ key }) => key.startsWith(prefix)))
    return {
      ...emptyReading,
      complaints: [
        `${file} has records of an unknown version (${records[0]?.key}): the networks it defines are not avoided.`,
      ],
    }
  const bridges = byKind('bridge')
  const used = usedByNetwork(byKind('endpoint'))
  const networks = [...byKind('network')].flatMap(([id, network]): readonly EngineNetworkFact[] => {
    const read = dockerStoreNetwork(id, network, bridges.get(id), file)
    complaints.push(...read.complaints)
    if (read.network === null) return []
    return [{ ...read.network, used: [...(read.network.used ?? []), ...(used.get(id) ?? [])], file }]
  })
  return { ...emptyReading, networks, complaints }
}

/** Groups the addresses of endpoints by network. An endpoint's key is the id of its network, then its own id. */
const usedByNetwork = (
  endpoints: ReadonlyMap<string, JsonObject>,
): ReadonlyMap<string, readonly UsedAddressFact[]> => {
  const used = new Map<string, UsedAddressFact[]>()
  for (const [key, endpoint] of endpoints) {
    const id = key.slice(0, key.indexOf('/'))
    const known = used.get(id)
    if (known === undefined) used.set(id, [...addressesOf(endpoint)])
    else known.push(...addressesOf(endpoint))
  }
  return used
}

const addressesOf = ({ ep_iface: device, name }: JsonObject): readonly UsedAddressFact[] => {
  if (!isJsonObject(device)) return []
  const by = textOf(name)
  return [device.addr, device.addrv6]
    .flatMap(addressOf)
    .map((address) => ({ address, ...(by === undefined ? {} : { by }) }))
}
