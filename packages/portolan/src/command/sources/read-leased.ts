import { type ReadLeases, readLeases } from '../../leases/read-leases.ts'
import { withLeaseStore } from '../../leases/with-lease-store.ts'
import type { Options } from '../options/option-table.ts'
import { usesFiles } from './read-facts.ts'

/** Reads the leases in force: those of --state, or those of this host unless files describe another one. */
export const readLeased = (options: Options): Promise<ReadLeases> => {
  if (options.state !== undefined) return withLeaseStore({ stateDirectory: options.state }, readLeases)
  return withLeaseStore(usesFiles(options) ? { leases: null } : {}, readLeases)
}
