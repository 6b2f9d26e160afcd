import { countOf, type RuleCount, type RuleTally, tallyOf } from '@portolan/core'
import { tableFamily, tableName } from '../compile/ours.ts'
import type { Operation } from '../model/change.ts'
import type { Chain, NamedSet, Rule, Table } from '../model/index.ts'
import { ruleText } from '../print/text/text-statement.ts'

/** Counts what an operation adds, changes and removes. */
export const tally = (operation: Operation): RuleTally =>
  tallyOf(`${tableFamily} ${tableName}`, counts(operation))

const counts = (operation: Operation): Partial<Omit<RuleTally, 'table'>> => {
  switch (operation.kind) {
    // A new table comes with changes for its content, and those are counted.
    case 'add-table':
      return {}
    case 'remove-table':
      return { removed: ofTable(operation.table) }
    case 'replace-table':
      return { removed: ofTable(operation.before), added: ofTable(operation.table) }
    case 'add-set':
      return { added: ofSet(operation.set) }
    case 'remove-set':
      return { removed: ofSet(operation.set) }
    case 'add-chain':
      return { added: ofChain(operation.chain) }
    case 'remove-chain':
      return { removed: ofChain(operation.chain) }
    case 'replace-rules':
      return rewritten(operation.chain.rules, operation.rules)
    case 'add-element':
      return { added: countOf({ elements: 1 }) }
    case 'remove-element':
      return { removed: countOf({ elements: 1 }) }
    case 'replace-element':
      return { changed: countOf({ elements: 1 }) }
  }
}

/** Counts a set with its elements. A new set has none: its elements are changes of their own. */
const ofSet = ({ elements }: NamedSet): RuleCount => countOf({ sets: 1, elements: elements.length })

const ofChain = ({ rules }: Chain): RuleCount => countOf({ chains: 1, rules: rules.length })

/**
 * Counts the rules of a rewritten chain. A rule that stays is not counted, though the kernel gets the whole chain anew.
 */
const rewritten = (before: readonly Rule[], after: readonly Rule[]): Partial<Omit<RuleTally, 'table'>> => {
  const left = new Map<string, number>()
  for (const rule of before) left.set(ruleText(rule), (left.get(ruleText(rule)) ?? 0) + 1)
  let added = 0
  for (const rule of after) {
    const many = left.get(ruleText(rule)) ?? 0
    if (many === 0) added += 1
    else left.set(ruleText(rule), many - 1)
  }
  const removed = [...left.values()].reduce((sum, many) => sum + many, 0)
  // The rules are the same in another order.
  if (added + removed === 0) return { changed: countOf({ rules: after.length }) }
  return { removed: countOf({ rules: removed }), added: countOf({ rules: added }) }
}

const ofTable = ({ chains, sets }: Table): RuleCount => ({
  rules: chains.reduce((sum, { rules }) => sum + rules.length, 0),
  elements: sets.reduce((sum, { elements }) => sum + elements.length, 0),
  chains: chains.length,
  sets: sets.length,
})
