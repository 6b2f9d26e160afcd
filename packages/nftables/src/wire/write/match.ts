import type { ByteWriter } from '@portolan/core/netlink'
import type { Expression, MatchStatement, PrefixExpression, RangeExpression } from '../../model/index.ts'
import {
  NFT_CMP_EQ,
  NFT_CMP_NEQ,
  NFT_REG_1,
  NFTA_RANGE_FROM_DATA,
  NFTA_RANGE_OP,
  NFTA_RANGE_SREG,
  NFTA_RANGE_TO_DATA,
} from '../constants.ts'
import { type RuleContext, referenceOf } from './context.ts'
import { writeData } from './data.ts'
import { writeCompare, writeInstruction, writeLookup, writeMask, writeNumber } from './instruction.ts'
import { rangeOf } from './interval-ends.ts'
import { familyOf, type Loadable, loadablesOf, writeLoads } from './load.ts'
import { bitsNumber, symbolNumber, symbolSize } from './symbols.ts'
import { unwritable } from './unwritable.ts'
import { protocolNumber, writePlainValue } from './value.ts'

const writeBits = (context: RuleContext, part: Loadable, value: Expression): void => {
  const { writer } = context
  const mask = bitsNumber(part.type, value)
  writeLoads(context, [part])
  writeMask(writer, 4, () => writer.u32(mask))
  writeCompare(writer, NFT_CMP_NEQ, () => writer.u32(0))
}

/** Writes the first bytes of an address. */
const writeLeading = (writer: ByteWriter, value: bigint, size: number, count: number): void => {
  for (let at = 0; at < count; at += 1) writer.u8(Number((value >> BigInt(8 * (size - 1 - at))) & 0xffn))
}

/**
 * Writes a comparison with a prefix. For a prefix of whole bytes, only these bytes are loaded and compared. For any
 * other prefix the whole address is loaded and masked.
 */
const writePrefix = (
  context: RuleContext,
  part: Loadable,
  operator: number,
  prefix: PrefixExpression,
): void => {
  const { writer } = context
  const { size } = part
  const { first, last } = rangeOf(prefix, part.type)
  const isWhole = prefix.length > 0 && prefix.length % 8 === 0
  const count = isWhole ? prefix.length / 8 : size
  writeLoads(context, [part], count)
  const mask = ((1n << BigInt(8 * size)) - 1n) ^ (last - first)
  if (!isWhole) writeMask(writer, size, () => writeLeading(writer, mask, size, size))
  writeCompare(writer, operator, () => writeLeading(writer, first, size, count))
}

const writeRange = (context: RuleContext, part: Loadable, operator: number, range: RangeExpression): void => {
  const { writer } = context
  writeLoads(context, [part])
  const end = (type: number, value: Expression): void =>
    writeData(writer, type, () => writePlainValue(writer, part.type, value))
  writeInstruction(writer, 'range', () => {
    writeNumber(writer, NFTA_RANGE_SREG, NFT_REG_1)
    writeNumber(writer, NFTA_RANGE_OP, operator)
    end(NFTA_RANGE_FROM_DATA, range.first)
    end(NFTA_RANGE_TO_DATA, range.last)
  })
}

const writeScalar = (context: RuleContext, part: Loadable, operator: number, value: Expression): void => {
  const { writer } = context
  writeLoads(context, [part])
  const size = symbolSize(part.type)
  writeCompare(writer, operator, () => {
    if (size === null) writePlainValue(writer, part.type, value)
    else if (size === 1) writer.u8(symbolNumber(part.type, value))
    else writer.u32(symbolNumber(part.type, value))
  })
}

/** Notes the family or protocol that a match has compared, so that later fields do not compare it again. */
const learn = (context: RuleContext, { left, operator, right }: MatchStatement): void => {
  if (operator !== '==' || left.kind !== 'meta') return
  if (left.key === 'nfproto') context.family = familyOf(symbolNumber('nf_proto', right))
  if (left.key === 'l4proto') context.protocol = protocolNumber(right)
}

/**
 * Writes a match as kernel expressions.
 * @throws Unwritable for a match that our table never has
 */
export const writeMatch = (context: RuleContext, statement: MatchStatement): void => {
  const { operator, left, right } = statement
  const parts = loadablesOf(left)
  const [part, more] = parts
  if (part === undefined) throw unwritable(left)
  if (operator === 'in') {
    if (more !== undefined) throw unwritable(statement)
    writeBits(context, part, right)
    return
  }
  if (operator !== '==' && operator !== '!=') throw unwritable(statement)
  const comparison = operator === '==' ? NFT_CMP_EQ : NFT_CMP_NEQ
  if (right.kind === 'reference' || right.kind === 'set') {
    const set = referenceOf(context, right, { keyTypes: parts.map(({ type }) => type), dataTypes: [] })
    if (set === null) throw unwritable(right)
    writeLoads(context, parts)
    writeLookup(context.writer, set, null, operator === '!=')
    return
  }
  if (more !== undefined) throw unwritable(statement)
  if (right.kind === 'prefix') writePrefix(context, part, comparison, right)
  else if (right.kind === 'range') writeRange(context, part, comparison, right)
  else writeScalar(context, part, comparison, right)
  learn(context, statement)
}
