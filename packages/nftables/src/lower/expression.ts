import { type Expression as CoreExpression, constant, type Field, field } from '@portolan/core'
import type {
  CtExpression,
  Expression,
  FibExpression,
  MapExpression,
  OptionExpression,
} from '../model/index.ts'
import { textOf } from '../print/rule-source.ts'
import { lowerElements } from './element-table.ts'
import { familyGate, headerField, headerGates, rawField } from './header-field.ts'
import { known, type Read, unknown } from './read.ts'
import type { Scope } from './scope.ts'
import { readNumber, type ValueType } from './value.ts'

const metaFields: ReadonlyMap<string, readonly [Field, ValueType]> = new Map([
  ['nfproto', ['nfproto', 'nf_proto']],
  ['l4proto', ['l4proto', 'inet_proto']],
  ['protocol', ['nfproto', 'ether_type']],
  ['iifname', ['iifname', 'ifname']],
  ['oifname', ['oifname', 'ifname']],
  // nft lists an index by the name of the interface.
  ['iif', ['iifname', 'iface_index']],
  ['oif', ['oifname', 'iface_index']],
  ['iifkind', ['iifkind', 'ifname']],
  ['oifkind', ['oifkind', 'ifname']],
  ['mark', ['mark', 'mark']],
  ['pkttype', ['pkttype', 'pkt_type']],
  ['skuid', ['skuid', 'uid']],
  ['skgid', ['skgid', 'gid']],
] as const)

const tupleKeys: ReadonlyMap<string, 'saddr' | 'daddr' | 'sport' | 'dport' | 'l4proto' | 'nfproto'> = new Map(
  [
    ['saddr', 'saddr'],
    ['daddr', 'daddr'],
    ['proto-src', 'sport'],
    ['proto-dst', 'dport'],
    ['protocol', 'l4proto'],
    ['l3proto', 'nfproto'],
  ] as const,
)

const tupleTypes = {
  sport: 'inet_service',
  dport: 'inet_service',
  l4proto: 'inet_proto',
  nfproto: 'nf_proto',
} as const

const lowerCt = (expression: CtExpression, scope: Scope): Read => {
  const { key, direction } = expression
  switch (key) {
    case 'state':
    case 'status':
    case 'mark':
      return known({ kind: 'conntrack', key }, key === 'mark' ? 'mark' : `ct_${key}`)
    case 'direction':
      return known({ kind: 'conntrack', key }, 'ct_dir')
    case 'zone':
      return direction === null ? known({ kind: 'conntrack', key }, 'integer') : unknown(textOf(expression))
    default:
      return lowerTuple(expression, scope) ?? unknown(textOf(expression))
  }
}

/** `ct original ip daddr`; older nft lists the family apart, or leaves it to the table. */
const lowerTuple = ({ key, direction, family }: CtExpression, { table }: Scope): Read | null => {
  const [first = '', second] = key.split(' ')
  const found = tupleKeys.get(second ?? first)
  if (found === undefined) return null
  // Protocol and family are the same both ways, and nft does not list which was asked for.
  const either = found === 'l4proto' || found === 'nfproto' ? 'original' : null
  const side = direction === 'original' || direction === 'reply' ? direction : either
  const named = second === undefined ? (family ?? table.family) : first
  const of = named === 'ip' || named === 'ip6' ? named : null
  if (side === null) return null
  if (found !== 'saddr' && found !== 'daddr')
    return known({ kind: 'conntrack-tuple', key: found, direction: side, family: null }, tupleTypes[found])
  if (of === null) return null
  const type = of === 'ip' ? 'ipv4_addr' : 'ipv6_addr'
  return known({ kind: 'conntrack-tuple', key: found, direction: side, family: of }, type)
}

const fibResults: ReadonlyMap<string, readonly ['type' | 'oifname' | 'present', ValueType]> = new Map([
  ['type', ['type', 'fib_addrtype']],
  ['oif', ['oifname', 'iface_index']],
  ['oifname', ['oifname', 'ifname']],
  ['check', ['present', 'boolean']],
] as const)

const lowerFib = (expression: FibExpression): Read => {
  const flags = new Set(expression.flags)
  const found = fibResults.get(expression.result)
  const of = flags.has('saddr') ? 'saddr' : 'daddr'
  const isClear = flags.has('saddr') !== flags.has('daddr') && !(flags.has('iif') && flags.has('oif'))
  if (found === undefined || !isClear) return unknown(textOf(expression))
  const [result, type] = found
  const limit = flags.has('iif') ? 'in' : flags.has('oif') ? 'out' : null
  return known({ kind: 'fib', of, result, limit, mark: flags.has('mark') }, type)
}

const optionGates = ({ header }: OptionExpression): Read['gates'] => {
  if (header === 'exthdr') return [familyGate('ip6')]
  return headerGates(header.slice(0, header.indexOf(' ')))
}

/** A number chosen anew for every flow. */
const chance = (text: string, offset: number, modulus: number): Read =>
  modulus < 1
    ? unknown(text)
    : known(
        { kind: 'unknown', text, random: true, range: { first: offset, last: offset + modulus - 1 } },
        'integer',
      )

const operators = { '&': 'and', '|': 'or', '^': 'xor', '<<': 'shl', '>>': 'shr' } as const

const isConstant = (expression: Expression): boolean => {
  const { kind } = expression
  if (kind === 'binary') return expression.operator === '|' && expression.operands.every(isConstant)
  return kind === 'text' || kind === 'number' || kind === 'list' || kind === 'boolean'
}

/** The operands, those that are constants in the type of the first that is none. */
const lowerBinary = (expression: Expression & { kind: 'binary' }, scope: Scope, want: ValueType): Read => {
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
 * `key map data`. The types of its data are those of a named map; those wanted of an anonymous one.
 * @param part - which of concatenated data
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

/** The parts of a key, which a concatenation has several of. */
export const lowerKey = (key: Expression, scope: Scope): readonly Read[] =>
  key.kind === 'concat'
    ? key.parts.flatMap((part) => lowerKey(part, scope))
    : [lowerExpression(key, scope, 'unknown')]

/**
 * What a rule asks a packet for.
 *
 * @param want - the type of value asked for, where the expression does not say
 */
export const lowerExpression = (expression: Expression, scope: Scope, want: ValueType): Read => {
  switch (expression.kind) {
    case 'payload': {
      const { protocol, field: name } = expression
      if (name === 'version' && (protocol === 'ip' || protocol === 'ip6'))
        return known(constant(protocol === 'ip' ? 4 : 6), 'integer', headerGates(protocol))
      const found = headerField(protocol, name)
      return found === null
        ? unknown(textOf(expression), headerGates(protocol))
        : known(found.expression, found.type)
    }
    case 'raw-payload': {
      const found = rawField(expression.base, expression.offset, expression.length)
      return found === null ? unknown(textOf(expression)) : known(found.expression, found.type)
    }
    case 'meta': {
      const found = metaFields.get(expression.key)
      return found === undefined ? unknown(textOf(expression)) : known(field(found[0]), found[1])
    }
    case 'ct':
      return lowerCt(expression, scope)
    case 'fib':
      return lowerFib(expression)
    case 'numgen':
      return chance(textOf(expression), expression.offset, expression.modulus)
    case 'jhash':
    case 'symhash':
      return chance(textOf(expression), expression.offset ?? 0, expression.modulus)
    case 'option':
      return unknown(textOf(expression), optionGates(expression))
    case 'map':
      return lowerMap(expression, scope, [want])
    case 'binary':
      return lowerBinary(expression, scope, want)
    default: {
      const value = want === 'unknown' ? null : readNumber(expression, want)
      return value === null ? unknown(textOf(expression)) : known(constant(value), want)
    }
  }
}
