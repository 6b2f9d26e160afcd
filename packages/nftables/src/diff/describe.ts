import { type ChangeWords, withWords } from '@portolan/core/planning'
import { tableFamily, tableName } from '../compile/ours.ts'
import type { NftablesChange, Operation } from '../model/change.ts'
import type { NamedSet } from '../model/index.ts'
import { chainBlock, setBlock } from '../print/command.ts'
import { tableText } from '../print/text/text-table.ts'
import { type ElementOperation, wordsOfElement } from './maps/describe-element.ts'
import { purpose } from './maps/purpose.ts'

const table = `${tableFamily} ${tableName}`

const named = (set: NamedSet): string => `${set.kind} ${set.name}`

const wordsOfObject = (operation: Exclude<Operation, ElementOperation>): ChangeWords => {
  switch (operation.kind) {
    case 'add-table':
      return {
        object: `table ${table}`,
        description: `Creates table ${table}, which holds everything portolan writes to nftables.`,
        before: null,
        after: `table ${table}`,
        reverse: `delete table ${table}`,
      }
    case 'remove-table':
      return {
        object: `table ${table}`,
        description: `Removes table ${table} and all that is in it: no project needs it any more.`,
        before: tableText(operation.table),
        after: null,
        reverse: tableText(operation.table),
      }
    case 'replace-table':
      return {
        object: `table ${table}`,
        description: `Writes table ${table} anew, in one transaction: what is there is not built as portolan builds it.`,
        before: tableText(operation.before),
        after: tableText(operation.table),
        reverse: `delete table ${table}\n${tableText(operation.before)}`,
      }
    case 'add-set': {
      const { set } = operation
      return {
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
        object: `chain ${table} ${chain.name}`,
        description: `Writes the rules of chain ${chain.name} anew${use}.`,
        before: chainBlock(chain),
        after: chainBlock({ ...chain, rules }),
        reverse: `flush chain ${table} ${chain.name}\n${chainBlock(chain)}`,
      }
    }
  }
}

/**
 * The words that a plan shows for an operation.
 * @example
 * wordsOf({ kind: 'add-table', table }).object // 'table inet portolan'
 * @public @since 0.1.0
 */
export const wordsOf = (operation: Operation): ChangeWords => {
  switch (operation.kind) {
    case 'add-element':
    case 'remove-element':
    case 'replace-element':
      return wordsOfElement(operation)
    default:
      return wordsOfObject(operation)
  }
}

const actions: Readonly<Record<Operation['kind'], NftablesChange['action']>> = {
  'add-table': 'add',
  'remove-table': 'remove',
  'replace-table': 'change',
  'add-set': 'add',
  'remove-set': 'remove',
  'add-chain': 'add',
  'remove-chain': 'remove',
  'replace-rules': 'change',
  'add-element': 'add',
  'remove-element': 'remove',
  'replace-element': 'change',
}

const worded = withWords(wordsOf)

/** A change with its words. */
export const change = (operation: Operation): NftablesChange =>
  // `part` is present from the start, and a plan sets it later. A property added to each of a hundred thousand objects
  // would give each a property list of its own.
  worded({ action: actions[operation.kind], operation, part: undefined })
