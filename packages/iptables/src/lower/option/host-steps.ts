import {
  addressType,
  between,
  compare,
  type Expression,
  type Family,
  type Field,
  field,
  type MatchStep,
  named,
  oneOf,
} from '@portolan/netfilter'
import { type ExtensionOption, optionOf } from '../../model/option/extension.ts'
import { inPrefix, unknownMatch } from './address-value.ts'

const not = (steps: readonly MatchStep[]): MatchStep => ({
  kind: 'any-of',
  alternatives: [steps],
  negated: true,
})

const unless = (negated: boolean, step: MatchStep): MatchStep => (negated ? not([step]) : step)

/** Compares an interface name. A final `+` is a wildcard for every name with that start. */
export const interfaceIs = (of: Field, name: string, negated: boolean): MatchStep => {
  const wildcard = name.endsWith('+')
  return compare(field(of), named(wildcard ? name.slice(0, -1) : name, { wildcard }), negated)
}

const packetTypes: Readonly<Record<string, number>> = { unicast: 0, broadcast: 1, multicast: 2 }

/** Lowers `-m pkttype`. */
export const packetTypeSteps = ([option]: readonly ExtensionOption[]): readonly MatchStep[] => [
  compare(field('pkttype'), oneOf(packetTypes[option?.values[0] ?? ''] ?? 0), option?.negated ?? false),
]

/**
 * Lowers `-m physdev`. For a packet that is not bridged, a negated test of a port passes (net/netfilter/xt_physdev.c
 * `physdev_mt`).
 */
export const physdevSteps = (options: readonly ExtensionOption[]): readonly MatchStep[] =>
  options.map(({ name, values: [value = ''], negated }): MatchStep => {
    switch (name) {
      case 'physdev-in':
        return unless(negated, interfaceIs('physin', value, false))
      case 'physdev-out':
        return unless(negated, interfaceIs('physout', value, false))
      case 'physdev-is-in':
        return unless(negated, compare(field('physin'), named(''), true))
      case 'physdev-is-out':
        return unless(negated, compare(field('physout'), named(''), true))
      default:
        return unless(negated, compare(field('bridged'), oneOf(1)))
    }
  })

/**
 * Lowers `-m owner`. A packet without a socket of this host passes where every test is negated
 * (net/netfilter/xt_owner.c `owner_mt`).
 */
export const ownerSteps = (options: readonly ExtensionOption[], text: string): readonly MatchStep[] => {
  // A process may have more groups than its socket shows, and a socket is not always known.
  const asks =
    optionOf(options, 'socket-exists') !== undefined || optionOf(options, 'suppl-groups') !== undefined
  if (asks) return [unknownMatch(text)]
  return options.map(({ name, values: [value = ''], negated }) => {
    const [first = '0', last = first] = value.split('-')
    const of = field(name === 'uid-owner' ? 'skuid' : 'skgid')
    return unless(negated, compare(of, between(Number(first), Number(last))))
  })
}

const everywhere = { ip: '0.0.0.0/8', ip6: '::/128' } as const

/**
 * The packets for which no route is looked up: without a source address, and in IPv4 sent to a whole link
 * (net/ipv4/netfilter/ipt_rpfilter.c, ip6t_rpfilter.c).
 */
const fromNowhere = (family: Family): readonly (readonly MatchStep[])[] => {
  const source = inPrefix(field('saddr', { family }), everywhere[family], false, family)
  if (family === 'ip6') return [[source]]
  const to = (prefix: string): MatchStep => inPrefix(field('daddr', { family }), prefix, false, family)
  return [
    [source, to('255.255.255.255/32')],
    [source, to('224.0.0.0/24')],
  ]
}

/** Lowers `-m rpfilter`: the route back to the source leaves by the interface that the packet came in by. */
export const reversePathStep = (options: readonly ExtensionOption[], family: Family): MatchStep => {
  const has = (name: string): boolean => optionOf(options, name) !== undefined
  const look = (result: 'present' | 'type', limit: 'in' | null): Expression => ({
    kind: 'fib',
    of: 'saddr',
    result,
    limit,
    mark: has('validmark'),
  })
  const types = has('accept-local') ? [addressType.unicast, addressType.local] : [addressType.unicast]
  const wayBack = [
    compare(look('type', null), oneOf(...types)),
    compare(look('present', has('loose') ? null : 'in'), oneOf(1)),
  ]
  return {
    kind: 'any-of',
    alternatives: [[compare(field('iifname'), named('lo'))], ...fromNowhere(family), wayBack],
    negated: has('invert'),
  }
}
