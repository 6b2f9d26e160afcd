import type { NetfilterTable } from '../../model/index.ts'
import type { HookLists } from '../walk/hook-list.ts'
import type { Run } from '../walk/run.ts'
import type { Host } from './host.ts'

/** What one packet needs to be followed. */
export interface Traffic {
  readonly host: Host
  readonly hooks: HookLists
  readonly run: Run
  /** A bridge table that may drop what a bridge carries: kept, and not walked. */
  readonly bridgeTable: NetfilterTable | null
}
