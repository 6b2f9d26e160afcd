import { isDeepStrictEqual } from 'node:util'
import { describe, expect, test } from '@jest/globals'
import { type DesiredState, endpointAddresses, type Reach, reach } from '@portolan/core'
import * as iptables from '@portolan/iptables'
import {
  type EndpointAddress,
  type Evaluator,
  type HostFacts,
  type NetfilterRuleset,
  type Outcome,
  prepare,
} from '@portolan/netfilter'
import * as nftables from '@portolan/nftables'
import fc from 'fast-check'
import { canSend, isAnswered, keepsPromise } from '../../packages/testing/src/contract/keeps-promise.ts'
import { packetOfFlow } from '../../packages/testing/src/fake-host/packet-of-flow.ts'
import { clusterScenes, joinedScenes, scenes } from './arbitrary/flow.ts'
import { runs } from './support/runs.ts'

/** The rules of each dialect for the same desired state. */
const lowerAll = (desired: DesiredState): readonly (readonly [string, NetfilterRuleset])[] => {
  const saved = iptables.compile(desired)
  return [
    ['nftables', nftables.lower(nftables.compile(desired))],
    ['iptables-nft', iptables.lower(saved, { tool: 'iptables-nft' })],
    ['iptables-legacy', iptables.lower(saved, { tool: 'iptables-legacy' })],
  ]
}

/** The facts of a host after a plan was applied: its own addresses, and a bridge for each network. */
const factsOf = (desired: DesiredState, bridgeNf: boolean, isolates: boolean): HostFacts => {
  // Containers with links are on ports that are not isolated.
  const isolated = desired.networks.map(({ linked }) => isolates && linked !== true)
  return factsWith(desired, bridgeNf, isolated)
}

const factsWith = (desired: DesiredState, bridgeNf: boolean, isolated: readonly boolean[]): HostFacts => ({
  interfaces: [
    { name: 'lo', up: true, kind: 'loopback', addresses: ['127.0.0.1/8', '::1/128'] },
    { name: 'eth0', up: true, kind: 'veth', addresses: ['192.0.2.2/24', '192.0.2.3/24', '2001:db8::2/64'] },
    ...desired.networks.map(({ bridge, icc, ip, ip6 }, at) => ({
      name: bridge,
      up: true,
      kind: 'bridge',
      // The plan gives a bridge without icc its own bridge-nf-call setting, or isolates its ports (see diff-links.ts).
      nfCallIptables: !icc && (bridgeNf || !isolated[at]),
      nfCallIp6tables: !icc && (bridgeNf || !isolated[at]),
      addresses: [ip, ip6].flatMap((subnet) =>
        subnet === null || subnet.gateway === null
          ? []
          : [`${subnet.gateway}/${subnet.subnet.split('/')[1]}`],
      ),
    })),
    ...desired.networks.flatMap(({ bridge, icc }, at) =>
      [1, 2].map((port) => ({
        name: `port${at}-${port}`,
        up: true,
        kind: 'veth',
        master: bridge,
        hairpin: true,
        isolated: !icc && !bridgeNf && isolated[at] === true,
      })),
    ),
  ],
  routes: [
    { destination: 'default', gateway: '192.0.2.1', interface: 'eth0' },
    { destination: '::/0', gateway: '2001:db8::1', interface: 'eth0' },
    ...(desired.routes ?? []).map(({ via, ...route }) => ({ ...route, gateway: via })),
  ],
  sysctls: {
    // The plan turns forwarding on for the families that have a network. A host without forwarding needs no guard.
    'net.ipv4.ip_forward': desired.networks.some(({ ip }) => ip !== null) ? '1' : '0',
    'net.ipv6.conf.all.forwarding': desired.networks.some(({ ip6 }) => ip6 !== null) ? '1' : '0',
    'net.bridge.bridge-nf-call-iptables': bridgeNf ? '1' : '0',
    'net.bridge.bridge-nf-call-ip6tables': bridgeNf ? '1' : '0',
    ...Object.fromEntries(
      desired.networks.map(({ bridge }) => [
        `net.ipv4.conf.${bridge.replaceAll('.', '/')}.route_localnet`,
        '1',
      ]),
    ),
  },
})

/** PORTOLAN_SCENES asks for more scenes. */
const mostScenes = Number(process.env.PORTOLAN_SCENES ?? 500)

describe('the contract, in the evaluator', () => {
  test.each([
    ['networks of its own', scenes, Math.ceil(mostScenes * 0.6)],
    ['networks of others too', joinedScenes, mostScenes],
    ['a host of a cluster', clusterScenes, Math.ceil(mostScenes / 4)],
  ] as const)('is met by what is compiled to each dialect on %s, for every flow', (on, some, intents) => {
    const promises = new Map<Reach['kind'], number>()
    fc.assert(
      fc.property(some, fc.boolean(), fc.boolean(), (all, bridgeNf, isolates) => {
        const [first] = all
        if (first === undefined) return
        const { desired } = first
        const endpoints: readonly EndpointAddress[] = endpointAddresses(desired)
        const facts = factsOf(desired, bridgeNf, isolates)
        // Each state is resolved once for all dialects.
        const evaluators = lowerAll(desired).map(([name, ruleset]): readonly [string, Evaluator] => [
          name,
          prepare(facts, ruleset, { endpoints }),
        ])
        const bare: Evaluator = prepare(facts, [], { endpoints })
        for (const scene of all) {
          if (!canSend(scene)) continue
          const promise = reach(desired, scene.flow, scene.host)
          if (promise.kind !== 'dropped' && !isAnswered(scene)) continue
          promises.set(promise.kind, (promises.get(promise.kind) ?? 0) + 1)
          const packet = packetOfFlow(scene.flow, [desired])
          let bareSaid: Outcome | undefined
          const withoutOurs = (): Outcome => {
            bareSaid ??= bare.evaluate(packet)
            return bareSaid
          }
          for (const [name, evaluator] of evaluators) {
            const said = evaluator.evaluate(packet)
            if (keepsPromise(promise, scene, said, withoutOurs)) continue
            const { outcome, at, seenAs } = withoutOurs()
            const { trace, ...rest } = said
            expect({
              dialect: name,
              flow: scene.flow,
              said: rest,
              trace: trace.map(
                (one) => `${one.direction} ${one.hook} ${one.chain}: ${one.rule} -> ${one.verdict}`,
              ),
              without: { outcome, at, seenAs },
            }).toEqual(promise)
          }
        }
      }),
      runs(intents),
    )
    const count = [...promises.values()].reduce((sum, one) => sum + one, 0)
    const kinds = [...promises].map(([kind, times]) => `${times} ${kind}`).join(', ')
    process.stderr.write(`${on}: ${count} flows of ${intents} intents keep the contract (${kinds})\n`)
    expect(count).toBeGreaterThan(intents * 2)
    expect([...promises.keys()].sort()).toEqual(['delivered', 'dropped', 'foreign', 'local', 'outside'])
  })
})

/** The rule that accepts packets of established flows early, before other forwarding rules. */
const shortcut = /--ctstate ESTABLISHED\b.* -j RETURN$/

const iptablesWithout = (ruleset: iptables.Ruleset): iptables.Ruleset => ({
  ...ruleset,
  tables: ruleset.tables.map((table) => ({
    ...table,
    chains: table.chains.map((chain) =>
      chain.name === 'PORTOLAN-FORWARD'
        ? { ...chain, rules: chain.rules.filter((rule) => !shortcut.test(iptables.printRule(rule))) }
        : chain,
    ),
  })),
})

const isShortcut = ({ comment, statements: [first, ...rest] }: nftables.Rule): boolean =>
  comment === null &&
  first?.kind === 'match' &&
  isDeepStrictEqual(first.right, { kind: 'text', text: 'established' }) &&
  rest.at(-1)?.kind === 'accept'

const nftablesWithout = (ruleset: nftables.Ruleset): nftables.Ruleset => ({
  ...ruleset,
  tables: ruleset.tables.map((table) => ({
    ...table,
    chains: table.chains.map((chain) =>
      chain.name === 'forward' ? { ...chain, rules: chain.rules.filter((rule) => !isShortcut(rule)) } : chain,
    ),
  })),
})

/** The rules of a dialect, with and without the rule for established flows. */
const withAndWithout: Readonly<
  Record<string, (desired: DesiredState) => readonly [NetfilterRuleset, NetfilterRuleset]>
> = {
  iptables: (desired) => {
    const compiled = iptables.compile(desired)
    const lower = (rules: iptables.Ruleset) => iptables.lower(rules, { tool: 'iptables-nft' })
    return [lower(compiled), lower(iptablesWithout(compiled))]
  },
  nftables: (desired) => {
    const compiled = nftables.compile(desired)
    return [nftables.lower(compiled), nftables.lower(nftablesWithout(compiled))]
  },
}

describe('a packet of a flow that has begun', () => {
  test.each(['nftables', 'iptables'])(
    'fares in %s as if none of our rules let it through ahead of the others',
    (dialect) => {
      const outcomes = new Map<string, number>()
      let shortened = 0
      fc.assert(
        fc.property(joinedScenes, fc.boolean(), (all, bridgeNf) => {
          const [first] = all
          if (first === undefined) return
          const { desired } = first
          const [facts, endpoints] = [factsOf(desired, bridgeNf, false), endpointAddresses(desired)]
          const [rules, longer] = withAndWithout[dialect]?.(desired) ?? [[], []]
          if (!isDeepStrictEqual(rules, longer)) shortened += 1
          const [short, long] = [rules, longer].map((some) => prepare(facts, some, { endpoints }))
          for (const { flow } of all) {
            const packet = { ...packetOfFlow(flow, [desired]), state: 'established' as const }
            const { outcome, certainty, seenAs } = short?.evaluate(packet) ?? {}
            const without = long?.evaluate(packet)
            expect({ flow, outcome, certainty, seenAs }).toEqual({
              ...{ flow, outcome: without?.outcome, certainty: without?.certainty, seenAs: without?.seenAs },
            })
            if (outcome !== undefined) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
          }
        }),
        runs(Math.ceil(mostScenes / 2)),
      )
      expect(shortened).toBeGreaterThan(20)
      for (const outcome of ['delivered', 'dropped', 'forwarded'])
        expect(outcomes.get(outcome) ?? 0).toBeGreaterThan(20)
    },
  )
})
