import { tableFamily, tableName } from '../compile/ours.ts'
import type { NftablesChange } from '../diff/change.ts'
import { chainLine, elementLine, elementRef, ruleLine, setBlock } from '../print/command.ts'
import { identifier, quote } from '../print/quote.ts'
import { tableText } from '../print/text/text-table.ts'
import { type ElementStep, linesOf, type Step } from './steps.ts'

const table = `${tableFamily} ${tableName}`

/** `create` refuses what is already there, where `add` would overlook that the host has changed. */
const create = (line: string): string => line.replace(/^add /, 'create ')

/** One command for all elements of a set, a line for each, so that nft's error names the line. */
const elementCommand = ({ kind, set, elements }: ElementStep): string => {
  const [verb, line] = kind === 'create-elements' ? ['create', elementLine] : ['delete', elementRef]
  const lines = elements.map((element) => line(set, element))
  return `${verb} element ${table} ${identifier(set.name)} {\n${lines.join(',\n')}\n}`
}

/**
 * A step as a command of nft.
 * @throws InvalidRequestError when a name or comment cannot be written
 */
export const stepText = (step: Step): string => {
  switch (step.kind) {
    case 'create-table': {
      const { comment } = step.table
      return `create table ${table}${comment === null ? '' : ` { comment ${quote(comment)}; }`}`
    }
    case 'delete-table':
      return `delete table ${table}`
    case 'write-table':
      return tableText(step.table)
    case 'create-set':
      return create(setBlock(step.set))
    case 'delete-set':
      return `delete ${step.set.kind} ${table} ${identifier(step.set.name)}`
    case 'create-chain':
      return create(chainLine(step.chain))
    case 'flush-chain':
      return `flush chain ${table} ${identifier(step.chain)}`
    case 'delete-chain':
      return `delete chain ${table} ${identifier(step.chain)}`
    case 'add-rule':
      return ruleLine(step.chain, step.rule)
    case 'create-elements':
    case 'delete-elements':
      return elementCommand(step)
  }
}

/**
 * Changes as one script for `nft -f`, which the kernel takes whole or not at all.
 * @throws InvalidRequestError when a name or comment cannot be written
 */
export const transaction = (changes: readonly NftablesChange[]): string =>
  linesOf(changes)
    .map((line) => `${line.map(stepText).join('; ')}\n`)
    .join('')
