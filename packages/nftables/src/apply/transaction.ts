import { tableFamily, tableName } from '../compile/ours.ts'
import type { NftablesChange } from '../model/change.ts'
import type { Element } from '../model/index.ts'
import { chainLine, elementLine, elementRef, ruleLine, setBlock } from '../print/command.ts'
import { identifier, quote } from '../print/quote.ts'
import { tableText } from '../print/text/text-table.ts'
import { type ElementStep, linesOf, type Step } from './steps.ts'

const table = `${tableFamily} ${tableName}`

/** Turns `add` into `create`. An `add` of an existing object succeeds and would hide that the host has changed. */
const create = (line: string): string => line.replace(/^add /, 'create ')

/** One command for all elements of a set. Each element has a line of its own, so that nft's error names the element. */
const elementCommand = ({ kind, set, elements }: ElementStep): string => {
  const [verb, line] = kind === 'create-elements' ? ['create', elementLine] : ['delete', elementRef]
  const lines = joinedLines(elements, (element) => line(set, element))
  return `${verb} element ${table} ${identifier(set.name)} {\n${lines}\n}`
}

const LINES_AT_ONCE = 1024

/**
 * Joins a limited number of lines at a time. A hundred thousand lines in one list take three times the memory of their
 * text.
 */
const joinedLines = (elements: readonly Element[], line: (element: Element) => string): string => {
  let text = ''
  for (let from = 0; from < elements.length; from += LINES_AT_ONCE) {
    const lines = elements.slice(from, from + LINES_AT_ONCE).map(line)
    text += `${from === 0 ? '' : ',\n'}${lines.join(',\n')}`
  }
  return text
}

/**
 * Writes a step as a command of nft.
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
 * Writes changes as one script for `nft -f`. The kernel takes the script whole or not at all.
 * @throws InvalidRequestError when a name or comment cannot be written
 */
export const transaction = (changes: readonly NftablesChange[]): string => {
  // The text is built by addition. Joining a list would copy it once more, and it may be ten megabytes long.
  let script = ''
  for (const line of linesOf(changes)) {
    for (const [at, step] of line.entries()) script += `${at === 0 ? '' : '; '}${stepText(step)}`
    script += '\n'
  }
  return script
}
