import type { DeleteRule, InsertRule, Operation } from '../model/change.ts'
import { printRule } from './rule/print-rule.ts'

const insertLine = ({ chain, position, rule }: InsertRule): string =>
  position === null ? `-A ${chain} ${printRule(rule)}` : `-I ${chain} ${position} ${printRule(rule)}`

/**
 * Deletes a rule by its text. If another program changed the chain meanwhile, the command then fails instead of
 * deleting another rule. The position is used only where the same text stands in the chain more than once.
 */
const deleteLine = ({ chain, position, by, rule }: DeleteRule): string =>
  by === 'text' ? `-D ${chain} ${printRule(rule)}` : `-D ${chain} ${position}`

/** An operation as lines of iptables-restore within its table. */
export const operationLines = (operation: Operation): readonly string[] => {
  switch (operation.kind) {
    case 'create-chain':
      return [`:${operation.chain} - [0:0]`]
    case 'insert-rule':
      return [insertLine(operation)]
    case 'delete-rule':
      return [deleteLine(operation)]
    case 'move-rule': {
      const { chain, to, rule } = operation
      return [`-D ${chain} ${printRule(rule)}`, `-I ${chain} ${to} ${printRule(rule)}`]
    }
    case 'delete-chain':
      return [`-F ${operation.chain}`, `-X ${operation.chain}`]
  }
}

/** The operations that undo one operation, in order. */
export const invert = (operation: Operation): readonly Operation[] => {
  const { family, table, chain } = operation
  switch (operation.kind) {
    case 'create-chain':
      return [{ kind: 'delete-chain', family, table, chain, rules: [] }]
    case 'insert-rule': {
      const { rule, position } = operation
      return [{ kind: 'delete-rule', family, table, chain, rule, position: position ?? 1, by: 'text' }]
    }
    case 'delete-rule': {
      const { rule, position } = operation
      return [{ kind: 'insert-rule', family, table, chain, rule, position }]
    }
    case 'move-rule':
      return [{ ...operation, from: operation.to, to: operation.from }]
    case 'delete-chain':
      return [
        { kind: 'create-chain', family, table, chain },
        ...operation.rules.map(
          (rule): Operation => ({
            kind: 'insert-rule',
            family,
            table,
            chain,
            rule,
            position: null,
          }),
        ),
      ]
  }
}

export const program = ({ family }: Operation): string => (family === 'ip' ? 'iptables' : 'ip6tables')

/** An operation as a command line for people. The dialect does not run it. */
export const commandText = (operation: Operation): string => {
  const tool = `${program(operation)} -t ${operation.table}`
  return operationLines(operation)
    .map((line) => (line.startsWith(':') ? `${tool} -N ${operation.chain}` : `${tool} ${line}`))
    .join(' && ')
}
