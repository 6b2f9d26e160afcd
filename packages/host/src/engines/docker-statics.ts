import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { canonicalAddress, tryParseAddress, type UsedAddressFact } from '@portolan/netfilter'
import { readTextFile } from '../file/index.ts'
import { objectOf } from './json-object.ts'

/** The most containers that are read. A host has hundreds. */
const mostContainers = 10_000
const mostBytes = 4 * 2 ** 20

/**
 * The static addresses that Docker's containers request (`docker run --ip`), by network. A stopped container has no
 * endpoint in Docker's database, and takes its address when it starts. A file that cannot be read adds nothing.
 *
 * @param dataRoot - one of Docker's data folders
 */
export const dockerStatics = (dataRoot: string): ReadonlyMap<string, readonly UsedAddressFact[]> => {
  const statics = new Map<string, UsedAddressFact[]>()
  const folder = join(dataRoot, 'containers')
  for (const id of listed(folder).slice(0, mostContainers)) {
    const { Name: name, NetworkSettings: settings } = objectIn(join(folder, id, 'config.v2.json'))
    const by = typeof name === 'string' ? name.replace(/^\//, '') : id.slice(0, 12)
    for (const [network, endpoint] of Object.entries(objectOf(objectOf(settings).Networks))) {
      const { IPv4Address: ip, IPv6Address: ip6 } = objectOf(objectOf(endpoint).IPAMConfig)
      for (const address of [ip, ip6]) {
        if (typeof address !== 'string' || tryParseAddress(address) === null) continue
        const used = { address: canonicalAddress(address), by }
        statics.set(network, [...(statics.get(network) ?? []), used])
      }
    }
  }
  return statics
}

const listed = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder).sort()
  } catch {
    return []
  }
}

const objectIn = (file: string): Readonly<Record<string, unknown>> => {
  try {
    return objectOf(JSON.parse(readTextFile(file, { mostBytes, invalid: 'replace' })))
  } catch {
    return {}
  }
}
