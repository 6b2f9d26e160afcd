import type { SetStep, Step } from '@portolan/netfilter'
import type { SetValueStatement } from '../../model/index.ts'
import { unknownMatch } from '../match.ts'
import { presentKeys } from '../nat.ts'
import { textOf } from '../rule-source.ts'
import { lowerExpression } from './expression.ts'
import { headerGates, rawField } from './header-field.ts'
import type { Scope } from './scope.ts'
import type { ValueType } from './value.ts'

const metaTargets: ReadonlyMap<string, readonly [SetStep['target'], ValueType]> = new Map([
  ['mark', ['mark', 'mark']],
  ['pkttype', ['pkttype', 'pkt_type']],
] as const)

const ctTargets: ReadonlyMap<string, readonly [SetStep['target'], ValueType]> = new Map([
  ['mark', ['ct-mark', 'mark']],
  ['zone', ['ct-zone', 'integer']],
  ['original zone', ['ct-zone-original', 'integer']],
  ['reply zone', ['ct-zone-reply', 'integer']],
] as const)

/** Values that no rule of the model can read again, and that decide nothing. */
const harmlessMeta: readonly string[] = ['nftrace', 'priority', 'secmark']
const harmlessCt: readonly string[] = ['label', 'event', 'secmark']
const harmlessFields: readonly string[] = ['dscp', 'ecn', 'id', 'flowlabel', 'tos', 'urgptr']

const isPort = (name: string): name is 'sport' | 'dport' => name === 'sport' || name === 'dport'
const isAddress = (name: string): name is 'saddr' | 'daddr' => name === 'saddr' || name === 'daddr'

/**
 * True: the frame's way may still depend on its link-layer header, by which a bridge sends it. In the other families
 * the header has been read already.
 */
const isByFrame = ({ table: { family } }: Scope): boolean => family === 'netdev' || family === 'bridge'

/** `meta mark set 1`, `ct mark set meta mark`, `ip daddr set 10.0.0.1`. */
export const lowerSetValue = (statement: SetValueStatement, scope: Scope): readonly Step[] => {
  const { key, value } = statement
  const text = textOf(statement)
  const note: readonly Step[] = [{ kind: 'note', text }]
  const rewrite: readonly Step[] = [{ kind: 'rewrite', text }]
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
      const target = ctTargets.get(key.direction === null ? key.key : `${key.direction} ${key.key}`)
      if (target !== undefined) return give(...target)
      return harmlessCt.includes(key.key) ? note : doubt
    }
    case 'payload': {
      const { protocol, field } = key
      if (isAddress(field) && (protocol === 'ip' || protocol === 'ip6'))
        return give(field, protocol === 'ip' ? 'ipv4_addr' : 'ipv6_addr', presentKeys(key, scope))
      if (isPort(field)) return give(field, 'inet_service', presentKeys(key, scope))
      const isHopLimit =
        (protocol === 'ip' && field === 'ttl') || (protocol === 'ip6' && field === 'hoplimit')
      if (isHopLimit) return give('hop-limit', 'integer', headerGates(protocol))
      if (protocol === 'ether' || protocol === 'vlan') return isByFrame(scope) ? rewrite : note
      return [...headerGates(protocol), ...(harmlessFields.includes(field) ? note : rewrite)]
    }
    case 'raw-payload': {
      const port = rawField(key.base, key.offset, key.length)
      return port !== null && isPort(port.expression.field)
        ? give(port.expression.field, 'inet_service', presentKeys(key, scope))
        : rewrite
    }
    case 'option':
      // A packet without the option ends the rule.
      return [...lowerExpression(key, scope, 'unknown').gates, unknownMatch(text), ...note]
    default:
      return doubt
  }
}
