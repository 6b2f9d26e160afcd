import { tableFamily, tableName } from '../compile/table-name.ts'
import type { Element, NamedSet } from '../model/index.ts'
import { chainBlock, elementLine, elementRef, setBlock } from '../print/command.ts'
import { expressionText } from '../print/text-expression.ts'
import { tableText } from '../print/text-table.ts'
import type { NftablesChange, Operation } from './change.ts'

const table = `${tableFamily} ${tableName}`

/** What the comment says the object is for: `, for 0.0.0.0:8080/tcp -> nginx:80`. */
const purpose = (comment: string | null): string => {
  const at = comment?.indexOf('/') ?? -1
  return comment === null || at < 0 ? '' : `, for ${comment.slice(at + 1)} of ${comment.slice(0, at)}`
}

const named = (set: NamedSet): string => `${set.kind} ${set.name}`

const elementObject = (set: NamedSet, element: Element): string =>
  `${set.kind} element ${table} ${set.name} { ${elementRef(set, element)} }`

const describe = (operation: Operation): Omit<NftablesChange, 'operation'> => {
  switch (operation.kind) {
    case 'add-table':
      return {
        action: 'add',
        object: `table ${table}`,
        description: `Creates table ${table}, which holds everything portolan writes to nftables.`,
        before: null,
        after: `table ${table}`,
        reverse: `delete table ${table}`,
      }
    case 'remove-table':
      return {
        action: 'remove',
        object: `table ${table}`,
        description: `Removes table ${table} and all that is in it: no project needs it any more.`,
        before: tableText(operation.table),
        after: null,
        reverse: tableText(operation.table),
      }
    case 'replace-table':
      return {
        action: 'change',
        object: `table ${table}`,
        description: `Writes table ${table} anew, in one transaction: what is there is not built as portolan builds it.`,
        before: tableText(operation.before),
        after: tableText(operation.table),
        reverse: `delete table ${table}\n${tableText(operation.before)}`,
      }
    case 'add-set': {
      const { set } = operation
      return {
        action: 'add',
        object: `${set.kind} ${table} ${set.name}`,
        description: `Creates ${named(set)}${set.comment === null ? '' : `: ${set.comment}`}.`,
        before: null,
        after: setBlock(set),
        reverse: `delete ${set.kind} ${table} ${set.name}`,
      }
    }
    case 'remove-set': {
      const { set } = operation
      return {
        action: 'remove',
        object: `${set.kind} ${table} ${set.name}`,
        description: `Removes ${named(set)}, which nothing uses any more.`,
        before: setBlock(set),
        after: null,
        reverse: setBlock(set),
      }
    }
    case 'add-chain': {
      const { chain } = operation
      const use = chain.comment === null ? purpose(chain.rules[0]?.comment ?? null) : `: ${chain.comment}`
      return {
        action: 'add',
        object: `chain ${table} ${chain.name}`,
        description: `Creates chain ${chain.name}${use}.`,
        before: null,
        after: chainBlock(chain),
        reverse: `delete chain ${table} ${chain.name}`,
      }
    }
    case 'remove-chain': {
      const { chain } = operation
      return {
        action: 'remove',
        object: `chain ${table} ${chain.name}`,
        description: `Removes chain ${chain.name}${purpose(chain.rules[0]?.comment ?? null)}.`,
        before: chainBlock(chain),
        after: null,
        reverse: chainBlock(chain),
      }
    }
    case 'replace-rules': {
      const { chain, rules } = operation
      const use = purpose(rules[0]?.comment ?? null)
      return {
        action: 'change',
        object: `chain ${table} ${chain.name}`,
        description: `Writes the rules of chain ${chain.name} anew${use}.`,
        before: chainBlock(chain),
        after: chainBlock({ ...chain, rules }),
        reverse: `flush chain ${table} ${chain.name}\n${chainBlock(chain)}`,
      }
    }
    case 'add-element': {
      const { set, element } = operation
      return {
        action: 'add',
        object: elementObject(set, element),
        description: `Adds ${elementRef(set, element)}${goesTo(element)} to ${named(set)}${purpose(element.comment)}.`,
        before: null,
        after: elementLine(set, element),
        reverse: `delete element ${table} ${set.name} { ${elementRef(set, element)} }`,
      }
    }
    case 'remove-element': {
      const { set, element } = operation
      return {
        action: 'remove',
        object: elementObject(set, element),
        description: `Removes ${elementRef(set, element)}${goesTo(element)} from ${named(set)}${purpose(element.comment)}.`,
        before: elementLine(set, element),
        after: null,
        reverse: `add element ${table} ${set.name} { ${elementLine(set, element)} }`,
      }
    }
    case 'replace-element': {
      const { set, before, element } = operation
      return {
        action: 'change',
        object: elementObject(set, element),
        description: `Points ${elementRef(set, element)} of ${named(set)} elsewhere${purpose(element.comment)}: ${elementLine(set, element)} instead of ${elementLine(set, before)}.`,
        before: elementLine(set, before),
        after: elementLine(set, element),
        reverse: `delete element ${table} ${set.name} { ${elementRef(set, element)} }\nadd element ${table} ${set.name} { ${elementLine(set, before)} }`,
      }
    }
  }
}

const goesTo = (element: Element): string => {
  if (element.data === null) return ''
  return ` : ${expressionText(element.data)}`
}

/** An operation with the words for it. */
export const change = (operation: Operation): NftablesChange => ({ ...describe(operation), operation })
