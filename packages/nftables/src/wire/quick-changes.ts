import type { QuickChanges } from '@portolan/core'
import type { Ruleset } from '../model/index.ts'
import { applyLive } from './apply-live.ts'
import { publishChange, restrictsPorts, unpublishChange } from './publish.ts'

/** One element of one map, in one batch of netlink messages. */
export const quickChanges: QuickChanges<Ruleset> = {
  restrictsPorts,
  carryOut: async ({ action, project, mapping, unrestricted, generation }, socket) => {
    const make = action === 'add' ? publishChange : unpublishChange
    const change = make(project, mapping, { unrestricted })
    // The kernel refuses it when the rules are of another generation: another program may have flushed the rest of the table.
    return change !== null && applyLive([change], socket, { generation })
  },
}
