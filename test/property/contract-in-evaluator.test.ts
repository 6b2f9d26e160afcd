import { describe, expect, test } from '@jest/globals'
import { type DesiredState, endpointAddresses, type Flow, type Reach, reach } from '@portolan/core'
import * as iptables from '@portolan/iptables'
import {
  type EndpointAddress,
  type Evaluator,
  type HostFacts,
  type NetfilterRuleset,
  type Outcome,
  type Packet,
  prefixContains,
  prepare,
} from '@portolan/netfilter'
import * as nftables from '@portolan/nftables'
import fc from 'fast-check'
import { joinedScenes, type Scene, scenes } from './arbitrary/flow.ts'
import { runs } from './support/runs.ts'

type Dialect = (desired: DesiredState) => NetfilterRuleset

const dialects: readonly (readonly [string, Dialect])[] = [
  ['nftables', (desired) => nftables.lower(nftables.compile(desired))],
  ['iptables-nft', (desired) => iptables.lower(iptables.compile(desired), { tool: 'iptables-nft' })],
  ['iptables-legacy', (desired) => iptables.lower(iptables.compile(desired), { tool: 'iptables-legacy' })],
]

/** The host of the scenes once a plan is in force: its own addresses, and a bridge for each network. */
const factsOf = (desired: DesiredState, bridgeNf: boolean, isolates: boolean): HostFacts => ({
  interfaces: [
    { name: 'lo', up: true, kind: 'loopback', addresses: ['127.0.0.1/8', '::1/128'] },
    { name: 'eth0', up: true, kind: 'veth', addresses: ['192.0.2.2/24', '192.0.2.3/24', '2001:db8::2/64'] },
    ...desired.networks.map(({ bridge, icc, ip, ip6 }) => ({
      name: bridge,
      up: true,
      kind: 'bridge',
      // The plan gives a bridge without icc its own switch, or isolates its ports (see diff-links.ts).
      nfCallIptables: !icc && (bridgeNf || !isolates),
      nfCallIp6tables: !icc && (bridgeNf || !isolates),
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
        isolated: !icc && !bridgeNf && isolates,
      })),
    ),
  ],
  routes: [
    { destination: 'default', gateway: '192.0.2.1', interface: 'eth0' },
    { destination: '::/0', gateway: '2001:db8::1', interface: 'eth0' },
  ],
  sysctls: {
    // Switched on by the plan for the families that have a network. A host that does not forward needs no guard.
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

const packetOf = (desired: DesiredState, { family, protocol, from, to }: Flow): Packet => {
  const echo = protocol === 'echo-request'
  const bridge =
    from.kind === 'container' ? desired.networks.find(({ name }) => name === from.network)?.bridge : null
  return {
    family,
    in: from.kind === 'machine' ? from.interface : from.kind === 'host' ? null : (bridge ?? null),
    source: from.address,
    destination: to.address,
    protocol: echo ? (family === 'ip' ? 'icmp' : 'icmpv6') : protocol,
    ...(echo ? {} : { sourcePort: 40_000, destinationPort: to.port }),
  }
}

const stopped: readonly string[] = ['dropped', 'rejected', 'unrouted']

const gatewayOf = (desired: DesiredState, { family }: Flow, address: string): readonly string[] => {
  const networks = desired.endpoints
    .filter(({ [family]: own }) => own === address)
    .map(({ network }) => network)
  return desired.networks
    .filter(({ name }) => networks.includes(name))
    .flatMap(({ [family]: subnet }) => subnet?.gateway ?? [])
}

const hasNoRoute = ({ networks }: DesiredState, { family, to }: Flow): boolean =>
  networks.some(
    ({ [family]: subnet }) => subnet?.gateway === null && prefixContains(subnet.subnet, to.address),
  )

/** A container without a gateway, and a link-local address, reach their neighbours alone. */
const canSend = ({ networks }: DesiredState, { family, from, to }: Flow, own: readonly string[]): boolean => {
  if (from.kind === 'machine') return !from.address.startsWith('fe80:') || own.includes(to.address)
  if (from.kind === 'host') return true
  // What it says to itself does not leave it.
  if (from.address === to.address) return false
  const subnet = networks.find(({ name }) => name === from.network)?.[family] ?? null
  return subnet === null || subnet.gateway !== null || prefixContains(subnet.subnet, to.address)
}

/** No route of these hosts leads back to what a container routes for others: a promise to it has no answer. */
const isAnswered = ({ networks }: DesiredState, { family, from }: Flow): boolean =>
  from.kind !== 'container' ||
  networks.some(({ [family]: subnet }) => subnet !== null && prefixContains(subnet.subnet, from.address))

/** Of targets on several bridges, those that are not the asker's see the asker itself. */
const isElsewhere = ({ endpoints }: DesiredState, { family, from }: Flow, address: string): boolean =>
  from.kind === 'container' &&
  !endpoints.some(({ network, [family]: own }) => network === from.network && own === address)

type Telling = Pick<Outcome, 'outcome' | 'at' | 'seenAs'>

/** As on any bridge of others: what a masqueraded network sends to another bridge has an address of the host. */
const isHiddenOnOthers = (
  { desired, flow: { family, from }, host }: Pick<Scene, 'desired' | 'flow' | 'host'>,
  source: string,
): boolean =>
  from.kind === 'container' &&
  host.addresses.includes(source) &&
  desired.networks.some(
    ({ name, [family]: subnet }) => name === from.network && subnet?.masquerade === true,
  ) &&
  desired.networks.some(
    ({ name, external, [family]: subnet }) => external && name !== from.network && subnet !== null,
  )

/** Whether an outcome is one that the contract promises; `bare` is what it would be without our rules. */
const keeps = (
  promise: Reach,
  { desired, flow, host }: Scene,
  { outcome, at, seenAs }: Telling,
  bare: Telling,
): boolean => {
  const source = seenAs?.source ?? ''
  switch (promise.kind) {
    case 'dropped':
      // The bridge of an isolated network has no route: what is for it leaves by the default route, and is lost there.
      return stopped.includes(outcome) || (outcome === 'forwarded' && hasNoRoute(desired, flow))
    case 'local':
    case 'foreign':
      return (
        (promise.kind === 'foreign' || bare.outcome === 'local') &&
        outcome === bare.outcome &&
        at?.address === bare.at?.address &&
        at?.port === bare.at?.port &&
        (source === (bare.seenAs?.source ?? '') || isHiddenOnOthers({ desired, flow, host }, source))
      )
    case 'outside':
      return (
        outcome === 'forwarded' &&
        (promise.seenAs === 'own' ? source === flow.from.address : host.addresses.includes(source))
      )
    case 'delivered': {
      const isAt = promise.to.some(({ address, port }) => at?.address === address && isPort(at.port, port))
      return outcome === 'delivered' && isAt && sees(promise.seenAs, { desired, flow, host }, source, at)
    }
  }
}

/** An echo request has none. */
const isPort = (reached: number | null, promised: number): boolean => reached === null || reached === promised

const sees = (
  seenAs: 'own' | 'gateway' | 'host',
  { desired, flow, host }: Scene,
  source: string,
  at: Outcome['at'],
): boolean => {
  const address = at?.address ?? ''
  if (seenAs === 'own' || isElsewhere(desired, flow, address)) return source === flow.from.address
  return seenAs === 'host'
    ? host.addresses.includes(source)
    : gatewayOf(desired, flow, address).includes(source)
}

/** Every target that a promise names is reached by some course. */
const reachesAll = (promise: Reach, told: readonly Telling[]): boolean =>
  promise.kind !== 'delivered' ||
  promise.to.every(({ address, port }) =>
    told.some(({ at }) => at?.address === address && isPort(at.port, port)),
  )

/** PORTOLAN_SCENES asks for more. */
const scenesPerDialect = Number(process.env.PORTOLAN_SCENES ?? 1500)

describe('the contract, in the evaluator', () => {
  test.each(
    dialects.flatMap(([name, lowered]) => [
      [name, 'networks of its own', lowered, scenes, scenesPerDialect] as const,
      [name, 'networks of others too', lowered, joinedScenes, Math.ceil(scenesPerDialect / 2)] as const,
    ]),
  )('is met by what is compiled to %s on %s, for every flow', (name, on, lowered, some, intents) => {
    const promises = new Map<Reach['kind'], number>()
    fc.assert(
      fc.property(some, fc.boolean(), fc.boolean(), (all, bridgeNf, isolates) => {
        const [first] = all
        if (first === undefined) return
        const { desired } = first
        const endpoints: readonly EndpointAddress[] = endpointAddresses(desired)
        const facts = factsOf(desired, bridgeNf, isolates)
        const evaluator: Evaluator = prepare(facts, lowered(desired), { endpoints })
        const bare: Evaluator = prepare(facts, [], { endpoints })
        for (const scene of all) {
          if (!canSend(desired, scene.flow, scene.host.addresses)) continue
          const promise = reach(desired, scene.flow, scene.host)
          if (promise.kind !== 'dropped' && !isAnswered(desired, scene.flow)) continue
          promises.set(promise.kind, (promises.get(promise.kind) ?? 0) + 1)
          const packet = packetOf(desired, scene.flow)
          const said = evaluator.evaluate(packet)
          const without = bare.evaluate(packet)
          const told = [said, ...said.alternatives]
          if (
            said.certainty === 'certain' &&
            reachesAll(promise, told) &&
            told.every((one) => keeps(promise, scene, one, without))
          )
            continue
          const { trace, ...rest } = said
          expect({
            flow: scene.flow,
            said: rest,
            trace: trace.map(
              (one) => `${one.direction} ${one.hook} ${one.chain}: ${one.rule} -> ${one.verdict}`,
            ),
            without: { outcome: without.outcome, at: without.at, seenAs: without.seenAs },
          }).toEqual(promise)
        }
      }),
      runs(intents),
    )
    const count = [...promises.values()].reduce((sum, one) => sum + one, 0)
    const kinds = [...promises].map(([kind, times]) => `${times} ${kind}`).join(', ')
    process.stderr.write(
      `${name}, ${on}: ${count} flows of ${intents} intents keep the contract (${kinds})\n`,
    )
    expect(count).toBeGreaterThan(2000)
    expect([...promises.keys()].sort()).toEqual(['delivered', 'dropped', 'foreign', 'local', 'outside'])
  })
})
