import { describe, expect, test } from '@jest/globals'
import { type Conflict, endpointAddresses } from '@portolan/core'
import * as iptables from '@portolan/iptables'
import { type HostFacts, type NetfilterRuleset, type Packet, prepare } from '@portolan/netfilter'
import fc from 'fast-check'
import { noRules, type Plan, plan } from 'portolan'
import { findUncheckedConflicts } from '../../../packages/core/src/conflict/find-rule-conflicts.ts'
import { plannedFacts } from '../../../packages/core/src/conflict/search/planned-host/planned-facts.ts'
import { iptablesRuleset } from '../../kernel/differential/iptables-ruleset.ts'
import { addressesOf, entries, isLoopback } from '../../kernel/differential/scene.ts'
import { type ClosedQuestion, closedQuestionsOf } from '../../kernel/random-hosts/closed-rows.ts'
import { intent } from '../../kernel/random-hosts/intent-arbitrary.ts'
import { plantedIptables } from '../../kernel/random-hosts/planted-iptables.ts'
import { fateOf } from './fate.ts'
import { tell } from './look.ts'

const facts: HostFacts = {
  interfaces: [
    { name: 'lo', up: true, kind: 'loopback', addresses: ['127.0.0.1/8', '::1/128'] },
    {
      name: 'eth0',
      up: true,
      addresses: ['192.0.2.2/24', '192.0.2.3/24', '2001:db8:1::2/64', '2001:db8:1::3/64'],
    },
    { name: 'eth1', up: true, addresses: ['198.51.100.2/24', '2001:db8:2::2/64'] },
    { name: 'br-a', up: true, kind: 'bridge', addresses: ['172.30.1.1/24', 'fd00:30:1::1/64'] },
    { name: 'br-b', up: true, kind: 'bridge', addresses: ['172.30.2.1/24', 'fd00:30:2::1/64'] },
  ],
  routes: [
    { destination: 'default', gateway: '198.51.100.9', interface: 'eth1' },
    { destination: '::/0', gateway: '2001:db8:2::9', interface: 'eth1' },
  ],
  sysctls: { 'net.ipv4.ip_forward': '1', 'net.ipv6.conf.all.forwarding': '1' },
}

/** The facts when these bridges belong to the project: their aliases name it. */
const factsFor = (bridges: readonly string[]): HostFacts => ({
  ...facts,
  interfaces: (facts.interfaces ?? []).map((link) =>
    bridges.includes(link.name ?? '')
      ? { ...link, alias: `portolan project=shop network=${link.name}` }
      : link,
  ),
})

/**
 * Portolan's rules together with the foreign ones. `isBehind`: Portolan's jumps come after the foreign rules of each
 * chain.
 */
const rulesOf = (foreign: iptables.Ruleset, planned: Plan, isBehind: boolean): iptables.Ruleset => {
  const ours = iptables.compile(planned.desired)
  const applied = iptables.applyTo(foreign, iptables.diff(foreign, ours))
  if (!isBehind) return applied
  const isJump = ({ target }: iptables.Rule): boolean =>
    target?.kind === 'jump' && target.chain.startsWith('PORTOLAN-')
  return {
    ...applied,
    tables: applied.tables.map((table) => ({
      ...table,
      chains: table.chains.map((chain) =>
        chain.kind === 'user'
          ? chain
          : {
              ...chain,
              rules: [...chain.rules.filter((rule) => !isJump(rule)), ...chain.rules.filter(isJump)],
            },
      ),
    })),
  }
}

const packetOf = ({ asker, flow: { family, protocol, from, to } }: ClosedQuestion): Packet => ({
  family,
  in: entries[asker]?.in ?? null,
  source: from.address,
  sourcePort: 41_000,
  destination: to.address,
  destinationPort: to.port,
  protocol: protocol === 'udp' ? 'udp' : 'tcp',
  state: 'new',
})

const isTold = ({ mapping, network }: ClosedQuestion, conflicts: readonly Conflict[]): boolean =>
  conflicts.some((one) =>
    mapping === null ? one.mapping === null && one.network === network : one.mapping === mapping,
  )

/** Rules of mangle that end the chain for some packets, or only mark them. */
const passes = (family: 'ip' | 'ip6'): fc.Arbitrary<string> => {
  const prefixes =
    family === 'ip'
      ? ['192.0.2.0/24', '198.51.100.9/32', '172.30.1.0/24', '172.30.2.10/32']
      : ['2001:db8:1::/64', '2001:db8:2::9/128', 'fd00:30:1::/64', 'fd00:30:2::10/128']
  const match = fc.oneof(
    fc.constantFrom('', '-p tcp', '-p udp', '-i eth0', '-i eth1', '-i br-b', '-p tcp -m tcp --dport 8080'),
    fc
      .constantFrom('-s', '-d', '! -s')
      .chain((side) => fc.constantFrom(...prefixes).map((one) => `${side} ${one}`)),
    fc.constant('-m statistic --mode random --probability 0.5'),
    fc.constant('-m limit --limit 1/sec'),
  )
  const line = fc
    .tuple(
      fc.constantFrom('PREROUTING', 'FORWARD'),
      match,
      fc.constantFrom('ACCEPT', 'ACCEPT', 'RETURN', 'DROP', 'MARK --set-xmark 0x1/0x1'),
    )
    .map(([chain, which, target]) => `-A ${chain}${which === '' ? '' : ` ${which}`} -j ${target}`)
  return fc
    .array(line, { minLength: 1, maxLength: 4 })
    .map((lines) =>
      ['*mangle', ':PREROUTING ACCEPT [0:0]', ':FORWARD ACCEPT [0:0]', ...lines, 'COMMIT', ''].join('\n'),
    )
}

const foreignRules = (family: 'ip' | 'ip6') =>
  fc.oneof(
    { weight: 2, arbitrary: plantedIptables(family) },
    { weight: 1, arbitrary: iptablesRuleset(family) },
    { weight: 4, arbitrary: passes(family) },
  )

describe.each(['iptables-nft', 'iptables-legacy'] as const)(
  'what gets in beside random rules of %s',
  (tool) => {
    test('is told, and what is told gets in, wherever our jumps stand', async () => {
      let [hosts, opened, told] = [0, 0, 0]
      await fc.assert(
        fc.asyncProperty(
          intent,
          foreignRules('ip'),
          foreignRules('ip6'),
          fc.boolean(),
          async (wanted, ip, ip6, isBehind) => {
            hosts += 1
            const own = factsFor(wanted.networks.map(({ name }) => name))
            const planned = await plan(wanted, { facts: own, rules: noRules, backend: tool, leases: null })
            const foreign = iptables.mergeRulesets(
              iptables.parse(ip, 'ip', 'ip'),
              iptables.parse(ip6, 'ip6', 'ip6'),
            )
            const rulesets: readonly NetfilterRuleset[] = [
              iptables.lower(rulesOf(foreign, planned, isBehind), { tool }),
            ]
            // `Bypassed` conflicts have no remedy to check.
            const conflicts = findUncheckedConflicts(planned.desired, own, rulesets).filter(
              ({ kind }) => kind === 'Bypassed',
            )
            const after = plannedFacts(planned.desired, own, true)
            const evaluator = prepare(after, rulesets, { endpoints: endpointAddresses(planned.desired) })
            // A random match lets a packet in sooner or later, so its conflict is certain. The evaluator sees one
            // packet only.
            const isDrawn = /--mode random|--probability/.test(`${ip}${ip6}`)
            const isSure = ({ certainty }: Conflict): boolean => certainty === 'certain' && !isDrawn
            const untold = closedQuestionsOf(planned).flatMap((question) => {
              const outcome = evaluator.evaluate(packetOf(question))
              const comes = [outcome, ...outcome.alternatives].some(
                ({ at }) =>
                  at?.interface?.startsWith('br-') === true &&
                  question.containers.some(({ address }) => address === at.address),
              )
              if (comes) opened += 1
              return comes && !isTold(question, conflicts) ? [packetOf(question)] : []
            })
            if (untold.length > 0)
              throw new Error(
                [
                  `Jumps ${isBehind ? 'behind' : 'first'}; not told:`,
                  ...untold.slice(0, 3).map((one) => JSON.stringify(one)),
                  ...conflicts.map(tell),
                  ip,
                  ip6,
                ].join('\n'),
              )
            for (const conflict of conflicts) {
              told += 1
              expect([
                tell(conflict),
                conflict.witness,
                fateOf(conflict, planned.desired, after, evaluator),
              ]).toEqual([
                tell(conflict),
                conflict.witness,
                isSure(conflict) ? 'fails' : expect.stringMatching(/fails|may fail/),
              ])
            }
          },
        ),
        { numRuns: Number(process.env.PORTOLAN_CLOSED_HOSTS ?? 40) },
      )
      process.stderr.write(
        `closed rows of ${hosts} hosts beside ${tool}: ${opened} came in, ${told} conflicts\n`,
      )
      // Without such cases the agreement would mean nothing.
      expect(opened).toBeGreaterThan(0)
      expect(told).toBeGreaterThan(0)
    }, 300_000)
  },
)

test('machines of the lab have the addresses that these hosts know', () => {
  const known = (facts.interfaces ?? []).flatMap(({ addresses = [] }) =>
    addresses.map((one) => one.split('/')[0]),
  )
  for (const family of ['ip', 'ip6'] as const)
    for (const address of addressesOf[family].host)
      expect(known.includes(address) || isLoopback(address)).toBe(true)
})
