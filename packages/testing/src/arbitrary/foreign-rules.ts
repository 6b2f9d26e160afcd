import fc from 'fast-check'
import type { Backend } from 'portolan/machine'
import type { RuleTexts } from '../fake-host/foreign-rules.ts'
import type { ForeignEffect, ForeignFirewall } from './foreign-firewall.ts'
import { iptablesText } from './foreign-iptables.ts'
import { nftText } from './foreign-nft.ts'

const sources = [
  '198.51.100.0/24',
  '198.51.100.7',
  '192.0.2.0/24',
  '203.0.113.0/24',
  '10.0.0.0/8',
  '172.16.0.0/12',
]
const ports = [80, 8080, 443, 8000, 8001, 81, 53, 22]
const targets = ['10.88.0.2', '198.51.100.80', '172.17.0.1', '10.0.0.1']

const effect: fc.Arbitrary<ForeignEffect> = fc
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

/** Where each kind of thing can be done, and with what. */
const settled = (drawn: ForeignEffect): ForeignEffect => {
  const { kind } = drawn
  const stage =
    kind === 'dnat' || kind === 'notrack' ? 'prerouting' : kind === 'masquerade' ? 'postrouting' : drawn.stage
  // A port is asked for with its protocol, and a translation to a port needs one.
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

const firewall: fc.Arbitrary<ForeignFirewall> = fc.record({
  closed: fc.nat(5).map((number) => number === 5),
  effects: fc.array(effect, { minLength: 1, maxLength: 6 }),
})

/**
 * Rules of another program, as its tool prints them: drops and accepts by source, interface and port, a policy that drops,
 * translations, masquerading, rules that take packets out of connection tracking. They are of IPv4. They shrink to one rule.
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
export const arbitraryForeignRules = (dialect: Backend): fc.Arbitrary<RuleTexts> =>
  firewall.map((one): RuleTexts => {
    if (dialect === 'nftables') return { nft: nftText(one) }
    return dialect === 'iptables-nft'
      ? { iptables: iptablesText(one) }
      : { iptablesLegacy: iptablesText(one) }
  })
