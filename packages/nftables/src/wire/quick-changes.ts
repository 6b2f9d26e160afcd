import type { QuickChanges } from '@portolan/core'
import type { Ruleset } from '../model/index.ts'
import { quickOperations, restrictsPorts } from './publish.ts'
import { sendChanges } from './write/apply-live.ts'

/** Publishes mappings by one map element each, in one batch of netlink messages. */
export const quickChanges: QuickChanges<Ruleset> = {
  restrictsPorts,
  carryOut: async ({ action, project, mappings, unrestricted, generation }, socket) => {
    // The words of a plan are not made: nothing reads them.
    const operations = quickOperations(action, project, mappings, { unrestricted })
    if (operations === null) return false
    // The kernel refuses the batch when the rules are of another generation. Another program may have flushed the rest
    // of the table.
    return await sendChanges(
      operations.map((operation) => ({ operation })),
      socket,
      generation,
    )
  },
}
