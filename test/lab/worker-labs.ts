import { type Labs, labPool, type PooledLabOptions } from './lab-pool.ts'

const pool = labPool()

/**
 * The labs of a worker, for all of its suites. They end with the worker. Programs on a host are fast once they have run
 * for a while, so labs are used again.
 */
export const workerLabs = ({ tablesStay = false }: Pick<PooledLabOptions, 'tablesStay'> = {}): Labs => ({
  open: (options) => pool.open({ tablesStay, ...options }),
})
