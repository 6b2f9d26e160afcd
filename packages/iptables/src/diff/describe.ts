import { type ChangeWords, withWords } from '@portolan/core/planning'
import { placeOf } from '../model/chain/jumps.ts'
import type { IptablesChange, MoveRule, Operation } from '../model/change.ts'
import type { Rule } from '../model/ruleset.ts'
import { commandText, invert, program } from '../print/command.ts'
import { printRule } from '../print/rule/print-rule.ts'

const familyName = { ip: 'IPv4', ip6: 'IPv6' } as const

const where = ({ family, table, chain }: Operation): string => `${table} ${chain} (${familyName[family]})`

const commentOf = (rule: Rule): string => {
  for (const match of rule.matches) if (match.kind === 'comment') return match.text
  return printRule(rule)
}

const leadsTo = ({ target }: Rule): string =>
  target?.kind === 'jump' || target?.kind === 'goto' ? target.chain : ''

/** Says where a jump is moved, and why it is wrong where it is. */
const whither = (operation: MoveRule): string =>
  placeOf(operation.table, operation.chain) === 'first'
    ? `to the front of ${where(operation)}. Foreign rules stand before it, and what they accept never reaches it.`
    : `to the end of ${where(operation)}. Foreign rules stand behind it, and what it accepts never reaches them.`

const line = ({ chain }: Operation, rule: Rule): string => `-A ${chain} ${printRule(rule)}`

const reverse = (operation: Operation): string =>
  // A large plan has ten thousand of these. One line undoes each, so no list is made.
  operation.kind === 'insert-rule'
    ? `${program(operation)} -t ${operation.table} -D ${operation.chain} ${printRule(operation.rule)}`
    : invert(operation).map(commandText).join(' && ')

/**
 * The words that a plan shows for an operation.
 * @example
 * wordsOf({ kind: 'create-chain', family: 'ip', table: 'nat', chain: 'PORTOLAN-X' }).object // 'chain PORTOLAN-X'
 * @public @since 0.1.0
 */
export const wordsOf = (operation: Operation): ChangeWords => {
  const place = where(operation)
  const object = `rule in ${place}`
  switch (operation.kind) {
    case 'create-chain':
      return {
        object: `chain ${place}`,
        description: `Make the chain ${operation.chain} in the ${familyName[operation.family]} table ${operation.table}.`,
        before: null,
        after: `:${operation.chain} -`,
        reverse: reverse(operation),
      }
    case 'insert-rule':
      return {
        object,
        description: `Add to ${place}: ${commentOf(operation.rule)}.`,
        before: null,
        after: line(operation, operation.rule),
        reverse: reverse(operation),
      }
    case 'delete-rule':
      return {
        object,
        description: `Remove from ${place}: ${commentOf(operation.rule)}.`,
        before: line(operation, operation.rule),
        after: null,
        reverse: reverse(operation),
      }
    case 'move-rule': {
      const { from, to, rule } = operation
      const text = line(operation, rule)
      return {
        object,
        description: `Move the jump to ${leadsTo(rule)} ${whither(operation)}`,
        before: `${text} (rule ${from})`,
        after: `${text} (rule ${to})`,
        reverse: reverse(operation),
      }
    }
    case 'delete-chain':
      return {
        object: `chain ${place}`,
        description: `Remove the chain ${operation.chain} from the ${familyName[operation.family]} table ${operation.table}.`,
        before: [`:${operation.chain} -`, ...operation.rules.map((rule) => line(operation, rule))].join('\n'),
        after: null,
        reverse: reverse(operation),
      }
  }
}

const actions: Readonly<Record<Operation['kind'], IptablesChange['action']>> = {
  'create-chain': 'add',
  'insert-rule': 'add',
  'delete-rule': 'remove',
  'move-rule': 'change',
  'delete-chain': 'remove',
}

const worded = withWords(wordsOf)

/** A change with its words. */
export const describe = (operation: Operation): IptablesChange =>
  // `part` is present from the start, and a plan sets it later. A property added to each of a hundred thousand objects
  // would give each a property list of its own.
  worded({ action: actions[operation.kind], operation, part: undefined })
