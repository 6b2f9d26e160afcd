import type { MatchStep, NatOperand, NatStep, Step } from '@portolan/netfilter'
import type { Expression, NatStatement } from '../model/index.ts'
import { lowerExpression, lowerKey, lowerMap } from './expression/expression.ts'
import { familyGate } from './expression/header-field.ts'
import type { Read } from './expression/read.ts'
import type { Scope } from './expression/scope.ts'
import { readRange, type ValueType } from './expression/value.ts'

interface Lowered {
  readonly operand: NatOperand
  readonly gates: readonly MatchStep[]
}

const asOperand = ({ expression, gates }: Read): Lowered => ({
  operand: { kind: 'expression', expression },
  gates,
})

const lowerOperand = (expression: Expression | null, scope: Scope, type: ValueType): Lowered | null => {
  if (expression === null) return null
  const range = readRange(expression, type)
  if (range !== null) return { operand: { kind: 'range', ...range }, gates: [] }
  return asOperand(lowerExpression(expression, scope, type))
}

/** Does the map give an address and a port together? */
const givesPort = (data: Expression, scope: Scope): boolean => {
  if (data.kind === 'set') return data.elements.some((element) => element.data?.kind === 'concat')
  const set = data.kind === 'reference' ? scope.sets.get(data.name) : undefined
  const type = set?.dataType
  if (type === undefined || type === null) return false
  return type.kind === 'names'
    ? type.names.length > 1
    : (set?.elements.some(({ data: value }) => value?.kind === 'concat') ?? false)
}

/** Lowers `dnat to tcp dport map { 80 : 10.0.0.2 . 8080 }`: one lookup gives both the address and the port. */
const lowerPair = (
  statement: NatStatement,
  scope: Scope,
  type: ValueType,
): readonly [Lowered | null, Lowered | null] => {
  const { address, port } = statement
  if (
    address?.kind !== 'map' ||
    port !== null ||
    !(statement.typeFlags.includes('concat') || givesPort(address.data, scope))
  )
    return [lowerOperand(address, scope, type), lowerOperand(port, scope, 'inet_service')]
  const read = lowerMap(address, scope, [type, 'inet_service'])
  const { expression } = read
  if (expression.kind !== 'map') return [asOperand(read), null]
  return [
    asOperand(read),
    { operand: { kind: 'expression', expression: { ...expression, part: 1 } }, gates: [] },
  ]
}

/**
 * The family whose packets a NAT statement translates. In an `inet` table packets of the other family pass unchanged
 * (net/netfilter/nft_nat.c).
 */
const familyOf = ({ family }: NatStatement, { table }: Scope): 'ip' | 'ip6' | null => {
  const named = family ?? table.family
  return named === 'ip' || named === 'ip6' ? named : null
}

const addressType = (statement: NatStatement, scope: Scope): ValueType => {
  const family = familyOf(statement, scope)
  if (family !== null) return family === 'ip' ? 'ipv4_addr' : 'ipv6_addr'
  const { address } = statement
  const sample =
    address?.kind === 'range' ? address.first : address?.kind === 'prefix' ? address.address : address
  return sample?.kind === 'text' && sample.text.includes(':') ? 'ipv6_addr' : 'ipv4_addr'
}

/** Lowers dnat, snat, masquerade and redirect. */
export const lowerNat = (statement: NatStatement, scope: Scope): readonly Step[] => {
  const [address, port] = lowerPair(statement, scope, addressType(statement, scope))
  const family = scope.table.family === 'inet' ? familyOf(statement, scope) : null
  const step: NatStep = {
    kind: 'nat',
    type: statement.kind,
    address: address?.operand ?? null,
    port: port?.operand ?? null,
    netmap: statement.flags.includes('netmap') || statement.typeFlags.includes('prefix'),
    shiftFrom: null,
    flags: statement.flags.filter((flag) => flag !== 'netmap'),
  }
  return [
    ...(family === null ? [] : [familyGate(family)]),
    ...(address?.gates ?? []),
    ...(port?.gates ?? []),
    step,
  ]
}

/** The conditions that a packet has every field of a key. The statement is not carried out for other packets. */
export const presentKeys = (key: Expression, scope: Scope): readonly MatchStep[] =>
  lowerKey(key, scope).flatMap(({ expression, type, gates }): readonly MatchStep[] =>
    type === 'unknown'
      ? gates
      : [...gates, { kind: 'compare', expression, values: { kind: 'any' }, negated: false }],
  )
