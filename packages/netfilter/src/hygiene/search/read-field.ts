import {
  conntrackState,
  type Expression,
  type FibExpression,
  type Field,
  portProtocols,
} from '../../model/index.ts'
import { type Box, everything } from './box.ts'
import { type Changeable, dimensionNow, points, type ReadingContext } from './reading-context.ts'
import { lastName, type Spans } from './spans.ts'

/** The dimension that an expression reads, and the packets that have a value in it. */
export interface FieldReading {
  readonly dimension: string
  /** All values of the dimension, with those that stand for "not there". */
  readonly domain: Spans
  /** The values without those that stand for "not there". */
  readonly present: Spans
  /** The family and protocol of packets that have the field. */
  readonly gates: Box
}

const upTo = (end: number): Spans => [{ from: 0, to: end }]
const names: Spans = [{ from: '', to: lastName }]
const all32 = upTo(2 ** 32)
const addresses = { ip: all32, ip6: [{ from: 0n, to: 1n << 128n }] } as const
/** Adds `-1`, which stands for a value that is not there. */
const orAbsent = (domain: Spans): Spans => [{ from: -1, to: 0 }, ...domain].reduce<Spans>(joinNext, [])

const joinNext = (spans: Spans, next: Spans[number]): Spans => {
  const last = spans.at(-1)
  return last?.to === next.from ? [...spans.slice(0, -1), { from: last.from, to: next.to }] : [...spans, next]
}

const ports = upTo(0x10000)
const familyNumber = { ip: 2, ip6: 10 } as const
/** The protocols with ports, and two protocols with other bytes at that place. */
const transport: readonly number[] = [...portProtocols, 1, 58]

interface FieldKind {
  readonly domain: Spans
  readonly present?: Spans
  readonly protocols?: readonly number[]
  readonly changedBy?: readonly Changeable[]
}

/** A field without `present` is there in every packet. The kind of a device is not, where there is no device. */
const kinds: Readonly<Record<Exclude<Field, 'saddr' | 'daddr'>, FieldKind>> = {
  nfproto: { domain: points([2, 10]) },
  l4proto: { domain: upTo(256) },
  sport: { domain: ports, protocols: transport, changedBy: ['sport'] },
  dport: { domain: ports, protocols: transport, changedBy: ['dport'] },
  'tcp-flags': { domain: upTo(256), protocols: [6] },
  'icmp-type': { domain: upTo(256), protocols: [1, 58] },
  'icmp-code': { domain: upTo(256), protocols: [1, 58] },
  iifname: { domain: names },
  oifname: { domain: names },
  iif: { domain: all32 },
  oif: { domain: all32 },
  iifkind: { domain: names, present: [{ from: '\u0000', to: lastName }] },
  oifkind: { domain: names, present: [{ from: '\u0000', to: lastName }] },
  mark: { domain: all32, changedBy: ['mark'] },
  pkttype: { domain: upTo(8), changedBy: ['pkttype'] },
  // Connection tracking puts fragments together before any rule sees them (nf_defrag_ipv4, priority -400).
  fragment: { domain: points([0]) },
  physin: { domain: names },
  physout: { domain: names },
  bridged: { domain: points([0, 1]) },
  skuid: { domain: orAbsent(all32), present: all32 },
  skgid: { domain: orAbsent(all32), present: all32 },
  socket: { domain: points([0, 1]), changedBy: ['mark'] },
}

const states = points(Object.values(conntrackState).toSorted((a, b) => a - b))

/** The family and protocol that a packet needs to have a field at all. */
const gatesOf = (
  context: ReadingContext,
  protocols: readonly number[] | null,
  family: 'ip' | 'ip6' | null,
): Box => {
  if (protocols === null && family === null) return everything
  const { domains, gates: known } = context
  const name = `${protocols?.join() ?? 'any'} ${family}`
  const before = known.get(name)
  if (before !== undefined) return before
  const gates = new Map<string, Spans>()
  known.set(name, gates)
  if (protocols !== null) {
    gates.set('l4proto', points(protocols.toSorted((a, b) => a - b)))
    domains.set('l4proto', kinds.l4proto.domain)
  }
  const alone = domains.get('nfproto')?.[0]
  if (family !== null) {
    const only = familyNumber[family]
    // In a table of one family all packets are of it.
    if (domains.get('nfproto')?.length !== 1 || alone?.from !== only) gates.set('nfproto', points([only]))
  }
  return gates
}

/**
 * The dimension that an expression reads by itself; null: there is none, or the expression is not understood.
 *
 * @param valueType - the type of the compared values: it tells the family of an address where the expression does not
 */
export const readField = (
  context: ReadingContext,
  expression: Expression,
  valueType: 'number' | 'bigint' | 'string' | null,
): FieldReading | null => {
  const reading = (
    name: string,
    kind: FieldKind,
    protocols: readonly number[] | null,
    family: 'ip' | 'ip6' | null,
  ): FieldReading => {
    const dimension = dimensionNow(context, name, kind.changedBy ?? [])
    const domain = name === 'nfproto' ? (context.domains.get(name) ?? kind.domain) : kind.domain
    context.domains.set(dimension, domain)
    return { dimension, domain, present: kind.present ?? domain, gates: gatesOf(context, protocols, family) }
  }
  const address = (
    name: string,
    family: 'ip' | 'ip6' | null,
    absent: boolean,
    changedBy: readonly Changeable[],
  ): FieldReading | null => {
    const own = family ?? (valueType === 'number' ? 'ip' : valueType === 'bigint' ? 'ip6' : null)
    if (own === null) return null
    const present = addresses[own]
    const domain: Spans = !absent
      ? present
      : own === 'ip'
        ? orAbsent(present)
        : [{ from: -1n, to: 1n << 128n }]
    return reading(`${name} ${own}`, { domain, present, changedBy }, null, own)
  }
  switch (expression.kind) {
    case 'field': {
      const { field, family, protocols } = expression
      if (field === 'saddr' || field === 'daddr') return address(field, family, false, [field])
      const kind = kinds[field]
      const own = kind.protocols?.filter((one) => protocols?.includes(one) ?? true) ?? protocols
      return reading(field, kind, own, family)
    }
    case 'conntrack': {
      const { key } = expression
      if (key === 'state') return reading('ct state', { domain: states, changedBy: ['tracking'] }, null, null)
      const present = key === 'direction' ? points([0, 1]) : all32
      const changedBy: readonly Changeable[] =
        key === 'mark' ? ['tracking', 'ct-mark'] : key === 'zone' ? ['tracking', 'ct-zone'] : ['tracking']
      return reading(`ct ${key}`, { domain: orAbsent(present), present, changedBy }, null, null)
    }
    case 'conntrack-tuple': {
      const { key, direction, family } = expression
      const name = `ct ${direction} ${key}`
      if (key === 'saddr' || key === 'daddr') return address(name, family, true, ['tracking'])
      const present = key === 'l4proto' || key === 'nfproto' ? upTo(256) : ports
      return reading(name, { domain: orAbsent(present), present, changedBy: ['tracking'] }, null, family)
    }
    case 'fib':
      return readFib(expression, reading)
    default:
      return null
  }
}

/** Reads a route lookup. The addresses decide where the route leads, and with `mark` the mark too. */
const readFib = (
  { of, result, limit, mark }: FibExpression,
  reading: (name: string, kind: FieldKind, protocols: null, family: null) => FieldReading,
): FieldReading => {
  const domain =
    result === 'oifname'
      ? names
      : result === 'present'
        ? points([0, 1])
        : result === 'type'
          ? upTo(16)
          : all32
  const changedBy: readonly Changeable[] = mark ? ['saddr', 'daddr', 'mark'] : ['saddr', 'daddr']
  return reading(
    `fib ${of} ${result} ${limit ?? ''}${mark ? ' mark' : ''}`,
    { domain, changedBy },
    null,
    null,
  )
}
