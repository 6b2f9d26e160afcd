import { constant, type Field, field } from '@portolan/netfilter'
import type { CtExpression, Expression, FibExpression, OptionExpression } from '../../model/index.ts'
import { textOf } from '../rule-source.ts'
import { wholeStatus } from './flow-status.ts'
import { familyGate, headerField, headerGates, rawField } from './header-field.ts'
import { known, type Read, unknown } from './read.ts'
import type { Scope } from './scope.ts'
import type { ValueType } from './value.ts'

const metaFields: ReadonlyMap<string, readonly [Field, ValueType]> = new Map([
  ['nfproto', ['nfproto', 'nf_proto']],
  ['l4proto', ['l4proto', 'inet_proto']],
  ['protocol', ['nfproto', 'ether_type']],
  ['iifname', ['iifname', 'ifname']],
  ['oifname', ['oifname', 'ifname']],
  // nft lists an interface index as the name of the interface.
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
    case 'status':
      return wholeStatus(expression)
    case 'state':
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

/** Lowers `ct original ip daddr`. Older nft lists the family apart, or leaves it to the table. */
const lowerTuple = ({ key, direction, family }: CtExpression, { table }: Scope): Read | null => {
  const [first = '', second] = key.split(' ')
  const found = tupleKeys.get(second ?? first)
  if (found === undefined) return null
  // Protocol and family are the same in both directions, and nft does not list the direction.
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

/**
 * One of so many numbers.
 *
 * @param random - whether it is drawn anew for every flow
 */
const chance = (text: string, offset: number, modulus: number, random = true): Read =>
  modulus < 1
    ? unknown(text)
    : known(
        { kind: 'unknown', text, random, range: { first: offset, last: offset + modulus - 1 } },
        'integer',
      )

/** Whether a key differs from flow to flow of one client: it has the source port. */
const hasSourcePort = (key: Expression | null, scope: Scope): boolean => {
  if (key === null) return false
  if (key.kind === 'concat') return key.parts.some((part) => hasSourcePort(part, scope))
  const read = lowerLeaf(key, scope)?.expression
  return (
    (read?.kind === 'field' && read.field === 'sport') ||
    (read?.kind === 'conntrack-tuple' && read.key === 'sport')
  )
}

/**
 * Lowers an expression that reads one property of the packet. Null: the expression is a value, or is made of other
 * expressions.
 */
export const lowerLeaf = (expression: Expression, scope: Scope): Read | null => {
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
    case 'jhash': {
      const { of, offset, modulus } = expression
      return chance(textOf(expression), offset ?? 0, modulus, hasSourcePort(of, scope))
    }
    case 'symhash':
      return chance(textOf(expression), expression.offset ?? 0, expression.modulus)
    case 'option':
      return unknown(textOf(expression), optionGates(expression))
    default:
      return null
  }
}

/**
 * The types of a key's parts, where a set declares them by example: `typeof ip saddr . tcp dport`. The type of a bit
 * operation is that of its first operand that reads the packet.
 */
export const typesOfKey = (key: Expression, scope: Scope): readonly ValueType[] => {
  if (key.kind === 'concat') return key.parts.flatMap((part) => typesOfKey(part, scope))
  return [typeOf(key, scope) ?? 'unknown']
}

const typeOf = (expression: Expression, scope: Scope): ValueType | null => {
  if (expression.kind !== 'binary') return lowerLeaf(expression, scope)?.type ?? null
  for (const operand of expression.operands) {
    const type = typeOf(operand, scope)
    if (type !== null) return type
  }
  return null
}
