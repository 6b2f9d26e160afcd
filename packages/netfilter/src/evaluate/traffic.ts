import type { NetfilterTable } from '../model/index.ts'
import type { HookLists } from './hook-list.ts'
import type { Host } from './host.ts'
import type { Run } from './run.ts'

/** What one packet needs to be followed. */
export interface Traffic {
  readonly host: Host
  readonly hooks: HookLists
  readonly run: Run
  /** A bridge table that may drop what a bridge carries: kept, and not walked. */
  readonly bridgeTable: NetfilterTable | null
}
