import { printRule } from '../print/print-rule.ts'
import type { Rule } from '../ruleset/ruleset.ts'
import type { IptablesChange, Operation } from './change.ts'
import { commandText, invert, program } from './operation-line.ts'

const familyName = { ip: 'IPv4', ip6: 'IPv6' } as const

const where = ({ family, table, chain }: Operation): string => `${table} ${chain} (${familyName[family]})`

const commentOf = (rule: Rule): string => {
  for (const match of rule.matches) if (match.kind === 'comment') return match.text
  return printRule(rule)
}

const leadsTo = ({ target }: Rule): string =>
  target?.kind === 'jump' || target?.kind === 'goto' ? target.chain : ''

const line = ({ chain }: Operation, rule: Rule): string => `-A ${chain} ${printRule(rule)}`

const reverse = (operation: Operation): string =>
  // There are ten thousand of these in a large plan, and one line takes each of them back.
  operation.kind === 'insert-rule'
    ? `${program(operation)} -t ${operation.table} -D ${operation.chain} ${printRule(operation.rule)}`
    : invert(operation).map(commandText).join(' && ')

/** The words for a place, written once for all the rules of a chain. */
interface PlaceWords {
  readonly place: string
  readonly object: string
  readonly added: string
}

const wordsOf = (operation: Operation): PlaceWords => {
  const place = where(operation)
  return { place, object: `rule in ${place}`, added: `Add to ${place}: ` }
}

/** Writes the words that a plan shows of operations. */
export const createDescriber = (): ((operation: Operation) => IptablesChange) => {
  const known = new Map<string, PlaceWords>()
  return (operation) => {
    const key = `${operation.family} ${operation.table} ${operation.chain}`
    const found = known.get(key)
    if (found !== undefined) return describeIn(found, operation)
    const made = wordsOf(operation)
    known.set(key, made)
    return describeIn(made, operation)
  }
}

/** An operation with the words that a plan shows. */
export const describe = (operation: Operation): IptablesChange => describeIn(wordsOf(operation), operation)

const describeIn = ({ place, object, added }: PlaceWords, operation: Operation): IptablesChange => {
  switch (operation.kind) {
    case 'create-chain':
      return {
        action: 'add',
        object: `chain ${place}`,
        description: `Make the chain ${operation.chain} in the ${familyName[operation.family]} table ${operation.table}.`,
        before: null,
        after: `:${operation.chain} -`,
        reverse: reverse(operation),
        operation,
      }
    case 'insert-rule':
      return {
        action: 'add',
        object,
        description: `${added}${commentOf(operation.rule)}.`,
        before: null,
        after: line(operation, operation.rule),
        reverse: reverse(operation),
        operation,
      }
    case 'delete-rule':
      return {
        action: 'remove',
        object,
        description: `Remove from ${place}: ${commentOf(operation.rule)}.`,
        before: line(operation, operation.rule),
        after: null,
        reverse: reverse(operation),
        operation,
      }
    case 'move-rule': {
      const { from, to, rule } = operation
      const text = line(operation, rule)
      return {
        action: 'change',
        object,
        description: `Move the jump to ${leadsTo(rule)} to the front of ${place}. Foreign rules stand before it, and what they accept never reaches it.`,
        before: `${text} (rule ${from})`,
        after: `${text} (rule ${to})`,
        reverse: reverse(operation),
        operation,
      }
    }
    case 'delete-chain':
      return {
        action: 'remove',
        object: `chain ${place}`,
        description: `Remove the chain ${operation.chain} from the ${familyName[operation.family]} table ${operation.table}.`,
        before: [`:${operation.chain} -`, ...operation.rules.map((rule) => line(operation, rule))].join('\n'),
        after: null,
        reverse: reverse(operation),
        operation,
      }
  }
}
