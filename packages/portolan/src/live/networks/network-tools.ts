import type { LiveMachine } from '../live-machine.ts'

/** What networks are made with, beside the rules. */
export type NetworkTools = Pick<
  LiveMachine,
  'leases' | 'withLock' | 'plan' | 'carryOut' | 'links' | 'sysctls' | 'wording'
>
