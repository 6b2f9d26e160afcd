import { type ReadLeases, readLeases } from '../../leases/read-leases.ts'
import { withLeaseStore } from '../../leases/with-lease-store.ts'
import type { Options } from '../options/option-table.ts'
import { usesFiles } from './read-facts.ts'

/** The leases in force: those of --state, or of this host unless another one is described by files. */
export const readLeased = (options: Options): Promise<ReadLeases> => {
  if (options.state !== undefined) return withLeaseStore({ stateDirectory: options.state }, readLeases)
  return withLeaseStore(usesFiles(options) ? { leases: null } : {}, readLeases)
}
