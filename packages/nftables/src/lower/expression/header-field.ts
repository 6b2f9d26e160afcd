import {
  compare,
  type Field,
  type FieldExpression,
  field,
  type MatchStep,
  oneOf,
  portProtocols,
  protocolNumber,
} from '@portolan/netfilter'
import type { ValueType } from './value.ts'

/** A header field that the model knows, with the type of its values. */
export interface HeaderField {
  readonly expression: FieldExpression
  readonly type: ValueType
}

const ports: ReadonlyMap<string, Field> = new Map([
  ['sport', 'sport'],
  ['dport', 'dport'],
])

const numbers: Readonly<Record<string, number>> = protocolNumber

const protocolOf = (name: string): number | null =>
  Object.hasOwn(numbers, name) ? (numbers[name] ?? null) : null

const icmp = (protocol: 'icmp' | 'icmpv6', name: string): HeaderField | null => {
  if (name !== 'type' && name !== 'code') return null
  const family = protocol === 'icmp' ? 'ip' : 'ip6'
  const expression = field(`icmp-${name}`, { family, protocols: [protocolNumber[protocol]] })
  return { expression, type: `${protocol}_${name}` }
}

const network = (family: 'ip' | 'ip6', name: string): HeaderField | null => {
  if (name === 'saddr' || name === 'daddr')
    return { expression: field(name, { family }), type: family === 'ip' ? 'ipv4_addr' : 'ipv6_addr' }
  // Described packets have no extension headers, so the next header is the transport protocol.
  return name === 'protocol' || name === 'nexthdr'
    ? { expression: field('l4proto', { family }), type: 'inet_proto' }
    : null
}

/** The field `tcp dport` or `ip saddr`. Null: the description of a packet does not include this field. */
export const headerField = (protocol: string, name: string): HeaderField | null => {
  if (protocol === 'ip' || protocol === 'ip6') return network(protocol, name)
  if (protocol === 'icmp' || protocol === 'icmpv6') return icmp(protocol, name)
  const port = ports.get(name)
  if (port !== undefined && protocol === 'th') return { expression: field(port), type: 'inet_service' }
  const number = protocolOf(protocol)
  if (number === null) return null
  if (port !== undefined && portProtocols.includes(number))
    return { expression: field(port, { protocols: [number] }), type: 'inet_service' }
  return protocol === 'tcp' && name === 'flags'
    ? { expression: field('tcp-flags', { protocols: [number] }), type: 'tcp_flag' }
    : null
}

/** The ports at fixed bits of the transport header, whatever the protocol: `@th,16,16`. Null for other bits. */
export const rawField = (base: string, offset: number, length: number): HeaderField | null =>
  base === 'th' && length === 16 && (offset === 0 || offset === 16)
    ? headerField('th', offset === 0 ? 'sport' : 'dport')
    : null

/**
 * The conditions that a packet has this header at all. For a packet without the header the expression ends the rule.
 */
export const headerGates = (protocol: string): readonly MatchStep[] => {
  if (protocol === 'ip') return [familyGate('ip')]
  if (protocol === 'ip6') return [familyGate('ip6')]
  const number = protocol === 'comp' ? 108 : protocolOf(protocol)
  return number === null ? [] : [compare(field('l4proto'), oneOf(number))]
}

export const familyGate = (family: 'ip' | 'ip6'): MatchStep =>
  compare(field('nfproto'), oneOf(family === 'ip' ? 2 : 10))
