import { describe, expect, test } from '@jest/globals'
import {
  type DesiredState,
  type EndpointAddress,
  type Evaluator,
  endpointAddresses,
  type Flow,
  type HostFacts,
  type NetfilterRuleset,
  type Outcome,
  type Packet,
  prefixContains,
  prepare,
  type Reach,
  reach,
} from '@portolan/core'
import * as iptables from '@portolan/iptables'
import * as nftables from '@portolan/nftables'
import fc from 'fast-check'
import { type Scene, scenes } from './arbitrary/flow.ts'
import { runs } from './support/runs.ts'

type Dialect = (desired: DesiredState) => NetfilterRuleset

const dialects: readonly (readonly [string, Dialect])[] = [
  ['nftables', (desired) => nftables.lower(nftables.compile(desired))],
  ['iptables', (desired) => iptables.lower(iptables.compile(desired), { tool: 'iptables-nft' })],
]

/** The host of the scenes once a plan is in force: its own addresses, and a bridge for each network. */
const factsOf = (desired: DesiredState, bridgeNf: boolean): HostFacts => ({
  interfaces: [
    { name: 'lo', up: true, kind: 'loopback', addresses: ['127.0.0.1/8', '::1/128'] },
    { name: 'eth0', up: true, kind: 'veth', addresses: ['192.0.2.2/24', '192.0.2.3/24', '2001:db8::2/64'] },
    ...desired.networks.map(({ bridge, icc, ip, ip6 }) => ({
      name: bridge,
      up: true,
      kind: 'bridge',
      // The plan gives a bridge without icc its own switch (see diff-links.ts).
      nfCallIptables: bridgeNf || !icc,
      nfCallIp6tables: bridgeNf || !icc,
      addresses: [ip, ip6].flatMap((subnet) =>
        subnet === null || subnet.gateway === null
          ? []
          : [`${subnet.gateway}/${subnet.subnet.split('/')[1]}`],
      ),
    })),
  ],
  routes: [
    { destination: 'default', gateway: '192.0.2.1', interface: 'eth0' },
    { destination: '::/0', gateway: '2001:db8::1', interface: 'eth0' },
  ],
  sysctls: {
    // Switched on by the plan for the families that have a network; who does not forward needs no guard.
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

/** A container without a gateway, and a link-local address, speak to nobody but their neighbours. */
const canSend = ({ networks }: DesiredState, { family, from, to }: Flow, own: readonly string[]): boolean => {
  if (from.kind === 'machine') return !from.address.startsWith('fe80:') || own.includes(to.address)
  if (from.kind === 'host') return true
  // What it says to itself does not leave it.
  if (from.address === to.address) return false
  const subnet = networks.find(({ name }) => name === from.network)?.[family] ?? null
  return subnet === null || subnet.gateway !== null || prefixContains(subnet.subnet, to.address)
}

/**
 * The host and its containers come in by no interface that a mapping is bound to: which of several serves them, where
 * they differ in that alone, is a matter of their order, and not asked here.
 */
const isContested = ({ mappings }: DesiredState, { family, protocol, from, to }: Flow): boolean => {
  const same = mappings.filter(
    (one) =>
      one.family === family && one.protocol === protocol && one.hostPort === to.port && one.kind === 'nat',
  )
  return from.kind !== 'machine' && same.length > 1 && same.some((one) => one.interface !== null)
}

/** Of targets on several bridges, those that are not the asker's see whatever source they see. */
const isElsewhere = ({ endpoints }: DesiredState, { family, from }: Flow, address: string): boolean =>
  from.kind === 'container' &&
  !endpoints.some(({ network, [family]: own }) => network === from.network && own === address)

/** Whether an outcome is one that the contract promises. */
const keeps = (
  promise: Reach,
  { desired, flow, host }: Scene,
  { outcome, at, seenAs }: Omit<Outcome, 'alternatives' | 'certainty'>,
): boolean => {
  const source = seenAs?.source ?? ''
  switch (promise.kind) {
    case 'dropped':
      // The bridge of an isolated network has no route: what is for it leaves by the default route, and is lost there.
      return stopped.includes(outcome) || (outcome === 'forwarded' && hasNoRoute(desired, flow))
    case 'local':
      // `allow_from` shuts out a link-local client too, though the contract function says that it meets the host itself.
      return (
        outcome === 'local' || (stopped.includes(outcome) && (flow.from.address ?? '').startsWith('fe80:'))
      )
    case 'foreign':
      return outcome !== 'delivered'
    case 'outside':
      return (
        outcome === 'forwarded' &&
        (promise.seenAs === 'own' ? source === flow.from.address : host.addresses.includes(source))
      )
    case 'delivered': {
      const isAt = promise.to.some(
        ({ address, port }) => at?.address === address && (at.port === null || at.port === port),
      )
      const sees =
        promise.seenAs === 'own'
          ? source === flow.from.address
          : promise.seenAs === 'host'
            ? host.addresses.includes(source)
            : gatewayOf(desired, flow, at?.address ?? '').includes(source) ||
              isElsewhere(desired, flow, at?.address ?? '')
      return outcome === 'delivered' && isAt && sees
    }
  }
}

describe('the contract, in the evaluator', () => {
  test.each(dialects)('is met by what is compiled to %s, for every flow', (_, lowered) => {
    fc.assert(
      fc.property(scenes, fc.boolean(), (all, bridgeNf) => {
        const [first] = all
        if (first === undefined) return
        const { desired } = first
        const endpoints: readonly EndpointAddress[] = endpointAddresses(desired)
        const evaluator: Evaluator = prepare(factsOf(desired, bridgeNf), lowered(desired), { endpoints })
        for (const scene of all) {
          if (!canSend(desired, scene.flow, scene.host.addresses) || isContested(desired, scene.flow))
            continue
          const promise = reach(desired, scene.flow, scene.host)
          const said = evaluator.evaluate(packetOf(desired, scene.flow))
          if ([said, ...said.alternatives].every((one) => keeps(promise, scene, one))) continue
          const { trace, ...rest } = said
          expect({
            flow: scene.flow,
            said: rest,
            trace: trace.map(
              (one) => `${one.direction} ${one.hook} ${one.chain}: ${one.rule} -> ${one.verdict}`,
            ),
          }).toEqual(promise)
        }
      }),
      runs(300),
    )
  })
})
