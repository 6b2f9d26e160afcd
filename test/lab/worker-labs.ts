import { type LabPoolOptions, type Labs, labPool } from './lab-pool.ts'

const withoutLegacy = labPool()
const withLegacy = labPool({ tablesStay: true })

/**
 * A pool of labs for all suites of a worker, which ends with the worker. Programs on a host are fast once they have run
 * for a while, so labs are used again.
 */
export const workerLabs = ({ tablesStay = false }: LabPoolOptions = {}): Labs =>
  tablesStay ? withLegacy : withoutLegacy
