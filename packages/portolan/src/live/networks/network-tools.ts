import type { LiveMachine } from '../live-machine.ts'

/** The tools for making networks, besides the rules. */
export type NetworkTools = Pick<
  LiveMachine,
  'leases' | 'withLock' | 'plan' | 'carryOut' | 'links' | 'sysctls'
>
