import {
  addressType,
  compare,
  type Expression,
  type Family,
  field,
  type MatchStep,
  oneOf,
} from '@portolan/netfilter'
import type { AddressTypeMatch, AddressTypeTest } from '../../model/option/match.ts'
import { inPrefix, unknownMatch } from './address-value.ts'

const types: Readonly<Record<string, number>> = {
  UNSPEC: addressType.unspec,
  UNICAST: addressType.unicast,
  LOCAL: addressType.local,
  BROADCAST: addressType.broadcast,
  ANYCAST: addressType.anycast,
  MULTICAST: addressType.multicast,
  BLACKHOLE: addressType.blackhole,
  UNREACHABLE: addressType.unreachable,
  PROHIBIT: addressType.prohibit,
  THROW: addressType.throw,
  NAT: addressType.nat,
  XRESOLVE: 11,
}

/** The type of an address as the routing table gives it (RTN_*). */
const routed = (of: 'saddr' | 'daddr', limit: 'in' | 'out' | null): Expression => ({
  kind: 'fib',
  of,
  result: 'type',
  limit,
  mark: false,
})

/**
 * Lowers a test of IPv6 address types. Some types are read from the address itself. Where a rule names several types,
 * all of them must hold and not one of them (net/netfilter/xt_addrtype.c `match_type6`).
 */
const steps6 = (
  test: AddressTypeTest,
  of: 'saddr' | 'daddr',
  limit: 'in' | 'out' | null,
): readonly MatchStep[] => {
  const address = field(of, { family: 'ip6' })
  const steps: MatchStep[] = []
  const looked: number[] = []
  for (const type of test.types) {
    switch (type) {
      case 'MULTICAST':
        steps.push(inPrefix(address, 'ff00::/8', false, 'ip6'))
        break
      case 'UNICAST':
        steps.push(inPrefix(address, 'ff00::/8', true, 'ip6'), inPrefix(address, '::/128', true, 'ip6'))
        break
      case 'UNSPEC':
        steps.push(inPrefix(address, '::/128', false, 'ip6'))
        break
      case 'LOCAL':
      case 'ANYCAST':
      case 'UNREACHABLE':
        looked.push(types[type] ?? 0)
        break
      default:
        // The kernel refuses these in IPv6.
        return [unknownMatch(`-m addrtype --${of === 'saddr' ? 'src' : 'dst'}-type ${test.types.join(',')}`)]
    }
  }
  if (looked.length > 0) steps.push(compare(routed(of, limit), oneOf(...looked)))
  return test.negated ? [{ kind: 'any-of', alternatives: [steps], negated: true }] : steps
}

/** Lowers `-m addrtype`. */
export const addressTypeSteps = (match: AddressTypeMatch, family: Family): readonly MatchStep[] => {
  const sides = [
    { of: 'saddr', test: match.source },
    { of: 'daddr', test: match.destination },
  ] as const
  return sides.flatMap(({ of, test }) => {
    if (test === null) return []
    if (family === 'ip6') return steps6(test, of, match.limit)
    const numbers = test.types.flatMap((type) => types[type] ?? [])
    return [compare(routed(of, match.limit), oneOf(...numbers), test.negated)]
  })
}
