import type { QuickChanges } from '@portolan/core'
import type { NftablesChange } from '../diff/change.ts'
import type { Ruleset } from '../model/index.ts'
import { publishChange, restrictsPorts, unpublishChange } from './publish.ts'
import { applyLive } from './write/apply-live.ts'

/** An element of a map for each mapping, in one batch of netlink messages. */
export const quickChanges: QuickChanges<Ruleset> = {
  restrictsPorts,
  carryOut: async ({ action, project, mappings, unrestricted, generation }, socket) => {
    const make = action === 'add' ? publishChange : unpublishChange
    const changes: NftablesChange[] = []
    for (const mapping of mappings) {
      const change = make(project, mapping, { unrestricted })
      if (change === null) return false
      changes.push(change)
    }
    // The kernel refuses it when the rules are of another generation: another program may have flushed the rest of the table.
    return applyLive(changes, socket, { generation })
  },
}
