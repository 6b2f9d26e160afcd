import type { Expression, NatStatement } from '../../../model/index.ts'
import {
  NF_NAT_RANGE_MAP_IPS,
  NF_NAT_RANGE_PROTO_SPECIFIED,
  NFPROTO_IPV4,
  NFPROTO_IPV6,
  NFT_LOOKUP_F_INV,
  NFT_NAT_DNAT,
  NFT_NAT_SNAT,
  NFT_REG_VERDICT,
  NFTA_DATA_VERDICT,
  NFTA_IMMEDIATE_DATA,
  NFTA_IMMEDIATE_DREG,
  NFTA_LOOKUP_DREG,
  NFTA_LOOKUP_FLAGS,
  NFTA_LOOKUP_SET,
  NFTA_LOOKUP_SREG,
  NFTA_MASQ_FLAGS,
  NFTA_NAT_FAMILY,
  NFTA_NAT_FLAGS,
  NFTA_NAT_REG_ADDR_MAX,
  NFTA_NAT_REG_ADDR_MIN,
  NFTA_NAT_REG_PROTO_MAX,
  NFTA_NAT_REG_PROTO_MIN,
  NFTA_NAT_TYPE,
} from '../../constants.ts'
import { paddedTo4 } from '../../message-parts.ts'
import { type Attributes, attributesIn, numberIn, type Span, textIn } from '../attributes.ts'
import { bytesOf, readerOf } from '../read-value.ts'
import { readVerdict } from '../read-verdict.ts'
import { valueIn } from './compare.ts'
import type { RuleReading } from './reading.ts'
import { type Registers, slotOf } from './register.ts'

/** Takes the parts of a key from consecutive registers; null when they do not have the types of the set. */
const takeKey = (
  registers: Registers,
  register: number | null,
  types: readonly string[],
): Expression | null => {
  const parts: Expression[] = []
  let behind = 0
  for (const type of types) {
    const held = registers.takeLoaded(register, behind)
    const bytes = bytesOf(type)
    if (held === null || bytes === null || held.type !== type || held.bytes !== bytes || held.mask !== null)
      return null
    parts.push(held.expression)
    behind += paddedTo4(bytes)
  }
  const [only, ...others] = parts
  if (only === undefined) return null
  return others.length === 0 ? only : { kind: 'concat', parts }
}

export const readLookup = ({ registers, sets, statements }: RuleReading, span: Span): boolean => {
  const attributes = attributesIn(span, [
    NFTA_LOOKUP_SET,
    NFTA_LOOKUP_SREG,
    NFTA_LOOKUP_DREG,
    NFTA_LOOKUP_FLAGS,
  ])
  if (attributes === null) return false
  const set = sets.get(textIn(attributes, NFTA_LOOKUP_SET) ?? '')
  const flags = numberIn(attributes, NFTA_LOOKUP_FLAGS) ?? 0
  if (set === undefined || (flags & ~NFT_LOOKUP_F_INV) !== 0) return false
  const { types, expression } = set
  const key = takeKey(registers, numberIn(attributes, NFTA_LOOKUP_SREG), types.key)
  if (key === null) return false
  if (!attributes.has(NFTA_LOOKUP_DREG)) {
    const operator = flags === 0 ? '==' : '!='
    statements.push({ kind: 'match', operator, left: key, right: expression })
    return true
  }
  if (types.data === null || flags !== 0) return false
  const target = numberIn(attributes, NFTA_LOOKUP_DREG)
  if (types.data[0] === 'verdict') {
    statements.push({ kind: 'vmap', key, data: expression })
    return target === NFT_REG_VERDICT
  }
  const found: Expression = { kind: 'map', key, data: expression }
  return registers.put(target, { kind: 'mapped', expression: found, types: types.data })
}

export const readImmediate = ({ registers, statements }: RuleReading, span: Span): boolean => {
  const attributes = attributesIn(span, [NFTA_IMMEDIATE_DREG, NFTA_IMMEDIATE_DATA])
  const register = attributes === null ? null : numberIn(attributes, NFTA_IMMEDIATE_DREG)
  if (attributes === null || register === null) return false
  if (register !== NFT_REG_VERDICT) {
    const value = valueIn(attributes, NFTA_IMMEDIATE_DATA)
    return value !== null && registers.put(register, { kind: 'constant', value })
  }
  const data = attributes.get(NFTA_IMMEDIATE_DATA)
  const held = data && attributesIn(data, [NFTA_DATA_VERDICT])?.get(NFTA_DATA_VERDICT)
  const verdict = held === undefined ? null : readVerdict(held)
  if (verdict === null) return false
  statements.push(verdict)
  return true
}

const natTypes = [
  ...[NFTA_NAT_TYPE, NFTA_NAT_FAMILY, NFTA_NAT_REG_ADDR_MIN, NFTA_NAT_REG_ADDR_MAX],
  ...[NFTA_NAT_REG_PROTO_MIN, NFTA_NAT_REG_PROTO_MAX, NFTA_NAT_FLAGS],
]

const natKinds: ReadonlyMap<number | null, 'snat' | 'dnat'> = new Map([
  [NFT_NAT_SNAT, 'snat'],
  [NFT_NAT_DNAT, 'dnat'],
])

const natFamilies = new Map([
  [NFPROTO_IPV4, { family: 'ip', type: 'ipv4_addr' }],
  [NFPROTO_IPV6, { family: 'ip6', type: 'ipv6_addr' }],
] as const)

/** The one register of a pair of attributes, for the first and the last choice; null when the two differ. */
const single = (attributes: Attributes, first: number, last: number): number | null => {
  const register = numberIn(attributes, first)
  return attributes.has(last) && numberIn(attributes, last) !== register ? null : register
}

const constantIn = (registers: Registers, register: number | null, type: string): Expression | null => {
  const held = registers.take(register)
  return held?.kind === 'constant'
    ? (readerOf([type])?.(held.value.view, held.value.start, held.value.end) ?? null)
    : null
}

/** The address and port of a translation. A map gives both at once. */
const readEnd = (
  registers: Registers,
  type: 'ipv4_addr' | 'ipv6_addr',
  address: number,
  port: number | null,
): Pick<NatStatement, 'address' | 'port'> | null => {
  const held = registers.take(address)
  if (held?.kind === 'mapped') {
    const isBehind = (slotOf(port) ?? -1) === (slotOf(address) ?? -1) + (bytesOf(type) ?? 0) / 4
    const fits = held.types[0] === type && held.types[1] === 'inet_service' && held.types.length === 2
    return isBehind && fits ? { address: held.expression, port: null } : null
  }
  if (held?.kind !== 'constant' || !registers.put(address, held)) return null
  const to = constantIn(registers, address, type)
  const at = port === null ? null : constantIn(registers, port, 'inet_service')
  return to === null || (port !== null && at === null) ? null : { address: to, port: at }
}

export const readNat = ({ registers, statements }: RuleReading, span: Span): boolean => {
  const attributes = attributesIn(span, natTypes)
  if (attributes === null) return false
  const kind = natKinds.get(numberIn(attributes, NFTA_NAT_TYPE))
  const found = natFamilies.get(numberIn(attributes, NFTA_NAT_FAMILY) as typeof NFPROTO_IPV4)
  const address = single(attributes, NFTA_NAT_REG_ADDR_MIN, NFTA_NAT_REG_ADDR_MAX)
  const port = single(attributes, NFTA_NAT_REG_PROTO_MIN, NFTA_NAT_REG_PROTO_MAX)
  const hasPort = attributes.has(NFTA_NAT_REG_PROTO_MIN)
  if (kind === undefined || found === undefined || address === null || (port === null) === hasPort)
    return false
  const flags = NF_NAT_RANGE_MAP_IPS | (hasPort ? NF_NAT_RANGE_PROTO_SPECIFIED : 0)
  if (numberIn(attributes, NFTA_NAT_FLAGS) !== flags) return false
  const end = readEnd(registers, found.type, address, port)
  if (end === null) return false
  statements.push({ kind, family: found.family, ...end, flags: [], typeFlags: [] })
  return true
}

export const readMasquerade = ({ statements }: RuleReading, span: Span): boolean => {
  const attributes = attributesIn(span, [NFTA_MASQ_FLAGS])
  if (attributes === null || (numberIn(attributes, NFTA_MASQ_FLAGS) ?? 0) !== 0) return false
  statements.push({ kind: 'masquerade', family: null, address: null, port: null, flags: [], typeFlags: [] })
  return true
}
