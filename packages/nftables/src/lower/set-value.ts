import type { SetStep, Step } from '@portolan/netfilter'
import type { SetValueStatement } from '../model/index.ts'
import { textOf } from '../print/rule-source.ts'
import { lowerExpression } from './expression.ts'
import { headerGates } from './header-field.ts'
import { unknownMatch } from './match.ts'
import { presentKeys } from './nat.ts'
import type { Scope } from './scope.ts'
import type { ValueType } from './value.ts'

const metaTargets: ReadonlyMap<string, readonly [SetStep['target'], ValueType]> = new Map([
  ['mark', ['mark', 'mark']],
  ['pkttype', ['pkttype', 'pkt_type']],
] as const)

const ctTargets: ReadonlyMap<string, readonly [SetStep['target'], ValueType]> = new Map([
  ['mark', ['ct-mark', 'mark']],
  ['zone', ['ct-zone', 'integer']],
] as const)

/** What no rule of the model can ask for again, and what decides nothing. */
const harmlessMeta: readonly string[] = ['nftrace', 'priority', 'secmark']
const harmlessCt: readonly string[] = ['label', 'event', 'secmark']
const harmlessFields: readonly string[] = [
  'dscp',
  'ecn',
  'ttl',
  'hoplimit',
  'id',
  'checksum',
  'flowlabel',
  'tos',
  'urgptr',
  'window',
  'sequence',
  'ackseq',
]

const isPort = (name: string): name is 'sport' | 'dport' => name === 'sport' || name === 'dport'
const isAddress = (name: string): name is 'saddr' | 'daddr' => name === 'saddr' || name === 'daddr'

/** `meta mark set 1`, `ct mark set meta mark`, `ip daddr set 10.0.0.1`. */
export const lowerSetValue = (statement: SetValueStatement, scope: Scope): readonly Step[] => {
  const { key, value } = statement
  const text = textOf(statement)
  const note: readonly Step[] = [{ kind: 'note', text }]
  const doubt: readonly Step[] = [unknownMatch(text), { kind: 'unknown-action', text }]
  const give = (target: SetStep['target'], type: ValueType, gates: readonly Step[] = []): readonly Step[] => {
    const read = lowerExpression(value, scope, type)
    return [...gates, ...read.gates, { kind: 'set', target, value: read.expression }]
  }
  switch (key.kind) {
    case 'meta': {
      const target = metaTargets.get(key.key)
      if (target !== undefined) return give(...target)
      return harmlessMeta.includes(key.key) ? note : doubt
    }
    case 'ct': {
      // A zone for one direction only: which of the two it will be is beyond the model.
      const target = key.direction === null ? ctTargets.get(key.key) : undefined
      if (target !== undefined) return give(...target)
      return harmlessCt.includes(key.key) ? note : doubt
    }
    case 'payload': {
      const { protocol, field } = key
      if (isAddress(field) && (protocol === 'ip' || protocol === 'ip6'))
        return give(field, protocol === 'ip' ? 'ipv4_addr' : 'ipv6_addr', presentKeys(key, scope))
      if (isPort(field)) return give(field, 'inet_service', presentKeys(key, scope))
      if (protocol === 'ether' || protocol === 'vlan') return note
      return harmlessFields.includes(field) ? [...headerGates(protocol), ...note] : doubt
    }
    case 'option':
      // An option that is not there ends the rule.
      return [...lowerExpression(key, scope, 'unknown').gates, unknownMatch(text), ...note]
    default:
      return doubt
  }
}
