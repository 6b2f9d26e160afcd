import type { QuickChanges } from '@portolan/core'
import type { Ruleset } from '../model/index.ts'
import { quickOperations, restrictsPorts } from './publish.ts'
import { applyLive } from './write/apply-live.ts'

/** An element of a map for each mapping, in one batch of netlink messages. */
export const quickChanges: QuickChanges<Ruleset> = {
  restrictsPorts,
  carryOut: async ({ action, project, mappings, unrestricted, generation }, socket) => {
    // Without the words that a plan has of each: nothing reads them.
    const operations = quickOperations(action, project, mappings, { unrestricted })
    if (operations === null) return false
    // The kernel refuses it when the rules are of another generation: another program may have flushed the rest of the table.
    return await applyLive(
      operations.map((operation) => ({ operation })),
      socket,
      { generation },
    )
  },
}
