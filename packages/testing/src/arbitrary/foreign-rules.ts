import type { Family } from '@portolan/netfilter'
import fc from 'fast-check'
import { type Backend, backends } from 'portolan/machine'
import { checkOneOf } from '../check/check-value.ts'
import type { RuleTexts } from '../fake-host/foreign-rules.ts'
import type { ForeignEffect, ForeignFirewall } from './foreign-firewall.ts'
import { iptablesText } from './foreign-iptables.ts'
import { nftText } from './foreign-nft.ts'

interface Places {
  readonly sources: readonly string[]
  readonly targets: readonly string[]
}

const places: Readonly<Record<Family, Places>> = {
  ip: {
    sources: [
      '198.51.100.0/24',
      '198.51.100.7',
      '192.0.2.0/24',
      '203.0.113.0/24',
      '10.0.0.0/8',
      '172.16.0.0/12',
    ],
    targets: ['10.88.0.2', '198.51.100.80', '172.17.0.1', '10.0.0.1'],
  },
  ip6: {
    sources: [
      '2001:db8:2::/64',
      '2001:db8:2::9',
      '2001:db8:1::/64',
      '2001:db8:3::/64',
      'fd00::/8',
      '2001:db8::/32',
    ],
    targets: ['fd00:88::2', '2001:db8:5::80', 'fd00:1::2', '2001:db8:1::2'],
  },
}
const ports = [80, 8080, 443, 8000, 8001, 81, 53, 22]

const effect = ({ sources, targets }: Places): fc.Arbitrary<ForeignEffect> =>
  fc
    .record({
      kind: fc.constantFrom<ForeignEffect['kind']>(
        'drop',
        'drop',
        'drop',
        'reject',
        'accept',
        'dnat',
        'masquerade',
        'notrack',
      ),
      stage: fc.constantFrom<ForeignEffect['stage']>('forward', 'forward', 'prerouting', 'postrouting'),
      source: fc.option(fc.constantFrom(...sources), { freq: 2 }),
      in: fc.option(fc.constantFrom('eth0', 'lo', 'wg0'), { freq: 3 }),
      protocol: fc.option(fc.constantFrom('tcp' as const, 'udp' as const), { freq: 3 }),
      port: fc.option(fc.constantFrom(...ports), { freq: 3 }),
      to: fc.record({ address: fc.constantFrom(...targets), port: fc.constantFrom(80, 8080) }),
    })
    .map((drawn) => settled(drawn))

/** Makes a drawn effect possible: its kind decides the stage and the fields that it may have. */
const settled = (drawn: ForeignEffect): ForeignEffect => {
  const { kind } = drawn
  const stage =
    kind === 'dnat' || kind === 'notrack' ? 'prerouting' : kind === 'masquerade' ? 'postrouting' : drawn.stage
  // A match on a port needs a protocol, and so does a translation to a port.
  const protocol = drawn.protocol ?? (kind === 'dnat' ? 'tcp' : null)
  const refuses = kind === 'reject' && stage !== 'forward'
  return {
    ...drawn,
    kind: refuses ? 'drop' : kind,
    stage,
    protocol,
    in: stage === 'postrouting' ? null : drawn.in,
    port: protocol === null ? null : (drawn.port ?? (kind === 'dnat' ? 8080 : null)),
    to: kind === 'dnat' ? drawn.to : null,
  }
}

const firewall = (family: Family): fc.Arbitrary<ForeignFirewall> =>
  fc.record({
    family: fc.constant(family),
    closed: fc.nat(5).map((number) => number === 5),
    effects: fc.array(effect(places[family]), { minLength: 1, maxLength: 6 }),
  })

/** Firewalls for IPv4, for IPv6 or for both, each with rules of its own. */
const firewalls: fc.Arbitrary<readonly ForeignFirewall[]> = fc.oneof(
  firewall('ip').map((one) => [one]),
  firewall('ip6').map((one) => [one]),
  fc.tuple(firewall('ip'), firewall('ip6')),
)

/**
 * Rules of another program, as its tool prints them: drops and accepts by source, interface and port, a policy that drops,
 * translations, masquerading, rules that take packets out of connection tracking. They are of IPv4, of IPv6
 * or of both. They shrink to one rule.
 *
 * @param dialect - which tool keeps them
 * @returns texts for `fakeHost(facts, texts)`
 * @example
 * await fc.assert(fc.asyncProperty(arbitraryForeignRules('nftables'), async (rules) => {
 *   const host = fakeHost(smallHost, rules)
 *   await host.apply(await host.plan(intent))
 *   if (host.conflicts().length === 0) expect(host).toMeetContract()
 * }))
 * @public @since 0.1.0
 */
export const arbitraryForeignRules = (dialect: Backend): fc.Arbitrary<RuleTexts> => {
  checkOneOf(dialect, backends, 'arbitraryForeignRules(dialect)')
  return firewalls.map((all): RuleTexts => {
    if (dialect === 'nftables') return { nft: all.map(nftText).join('') }
    const textOf = (of: Family): string | undefined =>
      all.filter(({ family }) => family === of).map(iptablesText)[0]
    const [ip, ip6] = [textOf('ip'), textOf('ip6')]
    return dialect === 'iptables-nft'
      ? { ...(ip !== undefined && { iptables: ip }), ...(ip6 !== undefined && { ip6tables: ip6 }) }
      : {
          ...(ip !== undefined && { iptablesLegacy: ip }),
          ...(ip6 !== undefined && { ip6tablesLegacy: ip6 }),
        }
  })
}
