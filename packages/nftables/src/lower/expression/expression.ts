import { type Expression as CoreExpression, constant } from '@portolan/netfilter'
import type { Expression, MapExpression } from '../../model/index.ts'
import { textOf } from '../rule-source.ts'
import { lowerElements } from './element-table.ts'
import { maskedStatus } from './flow-status.ts'
import { lowerLeaf } from './leaf.ts'
import { known, type Read, unknown } from './read.ts'
import type { Scope } from './scope.ts'
import { readNumber, type ValueType } from './value.ts'

const operators = { '&': 'and', '|': 'or', '^': 'xor', '<<': 'shl', '>>': 'shr' } as const

const isConstant = (expression: Expression): boolean => {
  const { kind } = expression
  if (kind === 'binary') return expression.operator === '|' && expression.operands.every(isConstant)
  return kind === 'text' || kind === 'number' || kind === 'list' || kind === 'boolean'
}

/**
 * Lowers a bit operation. Constants among the operands are read in the type of the first operand that is not a
 * constant.
 */
const lowerBinary = (expression: Expression & { kind: 'binary' }, scope: Scope, want: ValueType): Read => {
  const status = maskedStatus(expression)
  if (status !== null) return status
  const { operator, operands } = expression
  const reads = operands.map((one) => (isConstant(one) ? null : lowerExpression(one, scope, want)))
  const type = reads.find((read) => read !== null)?.type ?? want
  const gates = reads.flatMap((read) => read?.gates ?? [])
  const isShift = operator === '<<' || operator === '>>'
  let sum: CoreExpression | null = null
  for (const [at, operand] of operands.entries()) {
    const value = readNumber(operand, isShift && at > 0 ? 'integer' : type)
    const part = reads[at]?.expression ?? (value === null ? null : constant(value))
    if (part === null || type === 'unknown') return unknown(textOf(expression), gates)
    sum = sum === null ? part : { kind: 'bitwise', operator: operators[operator], left: sum, right: part }
  }
  return sum === null ? unknown(textOf(expression)) : known(sum, type, gates)
}

/**
 * Lowers `key map data`. A named map declares the types of its data; an anonymous map takes the wanted types.
 * @param part - the index of the part in concatenated data
 */
export const lowerMap = (
  { key, data }: MapExpression,
  scope: Scope,
  wanted: readonly ValueType[],
  part = 0,
): Read => {
  const keys = lowerKey(key, scope)
  const table = lowerElements(data, keys, scope, wanted)
  const expression: CoreExpression = { kind: 'map', key: keys.map((one) => one.expression), table, part }
  return known(
    expression,
    wanted[part] ?? 'unknown',
    keys.flatMap(({ gates }) => gates),
  )
}

/** The parts of a key: several for a concatenation, else one. */
export const lowerKey = (key: Expression, scope: Scope): readonly Read[] =>
  key.kind === 'concat'
    ? key.parts.flatMap((part) => lowerKey(part, scope))
    : [lowerExpression(key, scope, 'unknown')]

/**
 * Lowers an expression: a property of the packet, or a constant.
 *
 * @param want - the type of the value, where the expression does not say
 */
export const lowerExpression = (expression: Expression, scope: Scope, want: ValueType): Read => {
  switch (expression.kind) {
    case 'map':
      return lowerMap(expression, scope, [want])
    case 'binary':
      return lowerBinary(expression, scope, want)
    default: {
      const leaf = lowerLeaf(expression, scope)
      if (leaf !== null) return leaf
      const value = want === 'unknown' ? null : readNumber(expression, want)
      return value === null ? unknown(textOf(expression)) : known(constant(value), want)
    }
  }
}
