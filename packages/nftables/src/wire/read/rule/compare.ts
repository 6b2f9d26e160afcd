import type { Family } from '@portolan/netfilter'
import type { Expression, MatchStatement } from '../../../model/index.ts'
import {
  NFPROTO_IPV4,
  NFPROTO_IPV6,
  NFT_CMP_EQ,
  NFT_CMP_NEQ,
  NFT_RANGE_EQ,
  NFT_RANGE_NEQ,
  NFTA_BITWISE_DREG,
  NFTA_BITWISE_LEN,
  NFTA_BITWISE_MASK,
  NFTA_BITWISE_OP,
  NFTA_BITWISE_SREG,
  NFTA_BITWISE_XOR,
  NFTA_CMP_DATA,
  NFTA_CMP_OP,
  NFTA_CMP_SREG,
  NFTA_DATA_VALUE,
  NFTA_RANGE_FROM_DATA,
  NFTA_RANGE_OP,
  NFTA_RANGE_SREG,
  NFTA_RANGE_TO_DATA,
} from '../../constants.ts'
import { type Attributes, attributesIn, numberIn, type Span } from '../attributes.ts'
import { readerOf } from '../read-value.ts'
import { addressIn, comparedAddress, isAddress } from './address.ts'
import type { RuleReading } from './reading.ts'
import type { Loaded } from './register.ts'
import { bitsIn, wordIn } from './word.ts'

/** The value in an attribute that holds data; null when there is none. */
export const valueIn = (attributes: Attributes, type: number): Span | null => {
  const span = attributes.get(type)
  return (span && attributesIn(span, [NFTA_DATA_VALUE])?.get(NFTA_DATA_VALUE)) ?? null
}

const isZero = ({ view, start, end }: Span): boolean => {
  for (let at = start; at < end; at += 1) if (view.getUint8(at) !== 0) return false
  return true
}

const maskTypes = [
  ...[NFTA_BITWISE_SREG, NFTA_BITWISE_DREG, NFTA_BITWISE_LEN, NFTA_BITWISE_MASK, NFTA_BITWISE_XOR],
  NFTA_BITWISE_OP,
]

/** Reads a mask in front of a comparison of addresses or flags. */
export const readBitwise = ({ registers }: RuleReading, span: Span): boolean => {
  const attributes = attributesIn(span, maskTypes)
  if (attributes === null || (numberIn(attributes, NFTA_BITWISE_OP) ?? 0) !== 0) return false
  const register = numberIn(attributes, NFTA_BITWISE_SREG)
  const held = registers.takeLoaded(register)
  const mask = valueIn(attributes, NFTA_BITWISE_MASK)
  const flipped = valueIn(attributes, NFTA_BITWISE_XOR)
  if (held === null || held.mask !== null || mask === null || flipped === null || !isZero(flipped))
    return false
  if (mask.end - mask.start !== held.bytes || numberIn(attributes, NFTA_BITWISE_LEN) !== held.bytes)
    return false
  return numberIn(attributes, NFTA_BITWISE_DREG) === register && registers.put(register, { ...held, mask })
}

const readInterface = readerOf(['ifname'])

/** The value that a loaded field is compared with; null when our rules never compare so. */
const comparedWith = (held: Loaded, value: Span): Expression | null => {
  const { type, mask } = held
  if (isAddress(type)) return comparedAddress(type, held, value)
  if (mask !== null) return null
  return type === 'ifname'
    ? (readInterface?.(value.view, value.start, value.end) ?? null)
    : wordIn(type, value)
}

const families: ReadonlyMap<number, Family> = new Map([
  [NFPROTO_IPV4, 'ip'],
  [NFPROTO_IPV6, 'ip6'],
])

/**
 * Notes the family or protocol that a packet has from here on. False when the rule compared it before, which our rules
 * never do.
 */
const note = (
  reading: RuleReading,
  { type }: Loaded,
  { view, start }: Span,
  stated: MatchStatement,
): boolean => {
  if (type === 'nf_proto') {
    const family = families.get(view.getUint8(start))
    if (family === undefined || reading.network !== null) return false
    reading.network = { family, stated }
  } else if (type === 'inet_proto') {
    if (reading.transport !== null) return false
    reading.transport = { protocol: view.getUint8(start), stated }
  }
  return true
}

const operators: ReadonlyMap<number | null, '==' | '!='> = new Map([
  [NFT_CMP_EQ, '=='],
  [NFT_CMP_NEQ, '!='],
])

export const readCompare = (reading: RuleReading, span: Span): boolean => {
  const attributes = attributesIn(span, [NFTA_CMP_SREG, NFTA_CMP_OP, NFTA_CMP_DATA])
  if (attributes === null) return false
  const held = reading.registers.takeLoaded(numberIn(attributes, NFTA_CMP_SREG))
  const operator = operators.get(numberIn(attributes, NFTA_CMP_OP))
  const value = valueIn(attributes, NFTA_CMP_DATA)
  if (held === null || operator === undefined || value === null) return false
  const flags = held.mask === null ? null : bitsIn(held.type, held.mask)
  if (flags !== null) {
    if (operator !== '!=' || value.end - value.start !== 4 || !isZero(value)) return false
    reading.statements.push({ kind: 'match', operator: 'in', left: held.expression, right: flags })
    return true
  }
  const right = comparedWith(held, value)
  if (right === null) return false
  const stated: MatchStatement = { kind: 'match', operator, left: held.expression, right }
  reading.statements.push(stated)
  return operator === '!=' || note(reading, held, value, stated)
}

const rangeOperators: ReadonlyMap<number | null, '==' | '!='> = new Map([
  [NFT_RANGE_EQ, '=='],
  [NFT_RANGE_NEQ, '!='],
])

/** Reads a comparison with a range of addresses that is not a prefix. */
export const readRange = (reading: RuleReading, span: Span): boolean => {
  const attributes = attributesIn(span, [
    ...[NFTA_RANGE_SREG, NFTA_RANGE_OP, NFTA_RANGE_FROM_DATA, NFTA_RANGE_TO_DATA],
  ])
  if (attributes === null) return false
  const held = reading.registers.takeLoaded(numberIn(attributes, NFTA_RANGE_SREG))
  const operator = rangeOperators.get(numberIn(attributes, NFTA_RANGE_OP))
  const from = valueIn(attributes, NFTA_RANGE_FROM_DATA)
  const to = valueIn(attributes, NFTA_RANGE_TO_DATA)
  if (held === null || operator === undefined || from === null || to === null) return false
  if (!isAddress(held.type) || held.mask !== null) return false
  const first = addressIn(held.type, from)
  const last = addressIn(held.type, to)
  if (first === null || last === null) return false
  reading.statements.push({
    kind: 'match',
    operator,
    left: held.expression,
    right: { kind: 'range', first, last },
  })
  return true
}
