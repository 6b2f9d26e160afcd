import type { QuickChanges } from '@portolan/core'
import type { NftablesChange, Operation } from '../diff/change.ts'
import type { Ruleset } from '../model/index.ts'
import { quickOperations, restrictsPorts } from './publish.ts'
import { applyAtOnce } from './write/apply-at-once.ts'

/** An element of a map for each mapping, in one batch of netlink messages. */
export const quickChanges: QuickChanges<Ruleset> = {
  restrictsPorts,
  carryOut: ({ action, project, mappings, unrestricted, generation }, socket) => {
    // Without the words that a plan has of each: nothing reads them.
    const operations = quickOperations(action, project, mappings, { unrestricted })
    if (operations === null) return false
    // The kernel refuses it when the rules are of another generation: another program may have flushed the rest of the table.
    return applyAtOnce(changesOf(operations), socket, { generation })
  },
}

/** A loop: V8 makes another kind of list of `map` once it compiles it, and compiles what had lists of the kind before anew. */
const changesOf = (operations: readonly Operation[]): readonly Pick<NftablesChange, 'operation'>[] => {
  const changes: Pick<NftablesChange, 'operation'>[] = []
  for (const operation of operations) changes.push({ operation })
  return changes
}
