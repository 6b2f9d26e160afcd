import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { canonicalAddress, tryParseAddress, type UsedAddressFact } from '@portolan/netfilter'
import { isAbsent } from '../file/index.ts'
import { readSqliteFile, type SqliteValue } from '../sqlite/index.ts'
import { objectOf } from './json-object.ts'
import { podmanStorage } from './podman-storage.ts'

/** The most bytes that are read of the database. A container takes some 20 kB. */
export const mostBytes: number = 64 * 2 ** 20

/** The database of Podman before 4.8. A later Podman that finds it uses it too (`libpod/runtime.go`). */
const olderDatabase = 'libpod/bolt_state.db'

/**
 * The static addresses that Podman's containers request (`podman run --ip`), by network. A stopped container has no
 * lease, and takes its address when it starts. The requests are in Podman's own database (`db.sql`; Podman,
 * `libpod/sqlite_state_internal.go`).
 *
 * @returns null where the database exists but cannot be read, or is the older one, which is not read
 */
export const podmanStatics = (root: string): ReadonlyMap<string, readonly UsedAddressFact[]> | null => {
  const storage = podmanStorage(root)
  if (existsSync(join(root, storage, olderDatabase))) return null
  try {
    const rows = readSqliteFile(join(root, storage, 'db.sql'), 'ContainerConfig', mostBytes)
    const statics = new Map<string, UsedAddressFact[]>()
    for (const [, name, , config] of rows ?? [])
      for (const [network, options] of Object.entries(objectOf(parsed(config).newNetworks)))
        for (const address of addressesOf(objectOf(options).static_ips))
          statics.set(network, [...(statics.get(network) ?? []), { address, by: String(name) }])
    return statics
  } catch (error) {
    return isAbsent(error) ? new Map() : null
  }
}

const addressesOf = (value: unknown): readonly string[] =>
  (Array.isArray(value) ? value : []).flatMap((text: unknown) =>
    typeof text === 'string' && tryParseAddress(text) !== null ? [canonicalAddress(text)] : [],
  )

/**
 * Parses the configuration of a container.
 * @throws SyntaxError for a text that is not JSON: then the addresses of the container are not known
 */
const parsed = (value: SqliteValue | undefined): Readonly<Record<string, unknown>> =>
  Buffer.isBuffer(value) ? objectOf(JSON.parse(value.toString())) : {}
