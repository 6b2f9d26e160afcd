import type { NetfilterTable } from '../../model/index.ts'
import type { HookLists } from '../walk/hook-list.ts'
import type { Run } from '../walk/run.ts'
import type { Host } from './host.ts'

/** The context that one packet is followed in. */
export interface Traffic {
  readonly host: Host
  readonly hooks: HookLists
  readonly run: Run
  /** A bridge table that may drop bridged packets; null: there is none. Bridge tables are not simulated. */
  readonly bridgeTable: NetfilterTable | null
}
