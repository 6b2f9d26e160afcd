import { type LabPoolOptions, type Labs, labPool } from './lab-pool.ts'

const withoutLegacy = labPool()
const withLegacy = labPool({ tablesStay: true })

/**
 * Labs that the suites of a worker take one after the other: what runs on a host is quick once it has run for a while. They
 * end with the worker.
 */
export const workerLabs = ({ tablesStay = false }: LabPoolOptions = {}): Labs =>
  tablesStay ? withLegacy : withoutLegacy
