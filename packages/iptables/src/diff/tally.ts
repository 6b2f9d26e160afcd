import { countOf, type RuleTally, tallyOf } from '@portolan/core'
import type { Operation } from '../model/change.ts'

/** Counts what an operation adds, changes and removes. */
export const tally = (operation: Operation): RuleTally => tallyOf(operation.table, counts(operation))

const counts = (operation: Operation): Partial<Omit<RuleTally, 'table'>> => {
  switch (operation.kind) {
    case 'create-chain':
      return { added: countOf({ chains: 1 }) }
    case 'insert-rule':
      return { added: countOf({ rules: 1 }) }
    case 'delete-rule':
      return { removed: countOf({ rules: 1 }) }
    case 'move-rule':
      return { changed: countOf({ rules: 1 }) }
    case 'delete-chain':
      return { removed: countOf({ chains: 1, rules: operation.rules.length }) }
  }
}
