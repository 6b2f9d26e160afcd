import type { DesiredState } from '@portolan/core'
import * as iptables from '@portolan/iptables'
import type { HostFacts, NetfilterRuleset } from '@portolan/netfilter'
import type { Passage } from '@portolan/netfilter/advice'
import * as nftables from '@portolan/nftables'
import fc from 'fast-check'
import { type Backend, lowerRules, noRules } from 'portolan'
import { type NftRule, nftListing } from './nft-rules.ts'

export const host: HostFacts = {
  interfaces: [
    { name: 'lo', up: true, kind: 'loopback', addresses: ['127.0.0.1/8'] },
    { name: 'eth0', up: true, addresses: ['192.0.2.2/24', '192.0.2.3/24'] },
    { name: 'eth1', up: true, addresses: ['203.0.113.2/24'] },
  ],
  routes: [{ destination: 'default', gateway: '192.0.2.1', interface: 'eth0' }],
  sysctls: { 'net.ipv4.ip_forward': '1', 'net.ipv4.conf.all.rp_filter': '0' },
}

export type Mapping = DesiredState['mappings'][number]

export type Protocol = 'tcp' | 'udp'

export const mappingOf = (protocol: Protocol) =>
  fc
    .record({
      hostPort: fc.integer({ min: 8080, max: 8087 }),
      // Null: the container's port equals the host port.
      port: fc.constantFrom(80, 81, 8081, 8083, null, null),
      last: fc.integer({ min: 10, max: 12 }),
      hostAddress: fc.constantFrom(null, null, null, null, '192.0.2.2', '127.0.0.1'),
      allowFrom: fc.constantFrom(null, null, null, ['198.51.100.0/24']),
    })
    .map(({ hostPort, port, last, hostAddress, allowFrom }): Mapping => {
      const address = `172.30.1.${last}`
      return {
        ...{ family: 'ip', protocol, kind: 'nat', interface: null },
        ...{ label: `${hostPort} -> ${address}`, hostAddress, hostPort, allowFrom },
        targets: [
          { service: address, replica: 1, network: 'web', address, port: port ?? hostPort, weight: 1 },
        ],
      }
    })

export const desiredFor = (mappings: readonly Mapping[], icc: boolean): DesiredState => ({
  ...{ project: 'shop', endpoints: [], guardForwarding: false, mappings },
  networks: [
    {
      ...{ name: 'web', bridge: 'pt-web', external: false, internal: false, icc, mtu: null, ip6: null },
      ip: { subnet: '172.30.1.0/24', gateway: '172.30.1.1', masquerade: true, mode: 'nat' },
    },
  ],
})

export const desiredOf = (protocol: Protocol) =>
  fc
    .record({
      mappings: fc.uniqueArray(mappingOf(protocol), {
        ...{ minLength: 3, maxLength: 8 },
        selector: ({ hostPort }) => hostPort,
      }),
      icc: fc.constantFrom(true, true, false),
    })
    .map(({ mappings, icc }) => desiredFor(mappings, icc))

export const matchOf = (protocol: Protocol) =>
  fc.oneof(
    fc.constantFrom('198.51.100.0/24', '172.30.1.10/31', '192.0.2.2/32').map((source) => `-s ${source}`),
    fc
      .constantFrom('172.30.1.10/32', '172.30.1.11/32', '192.0.2.2/32', '172.30.1.0/24')
      .map((destination) => `-d ${destination}`),
    fc
      .constantFrom('80', '8081', '8083:8085', '81')
      .map((port) => `-p ${protocol} -m ${protocol} --dport ${port}`),
    fc
      .constantFrom('8080:8082', '8084', '8085:8087', '8087')
      .map((port) => `-p ${protocol} -m conntrack --ctorigdstport ${port}`),
    fc.constantFrom('-i eth0', '-o pt-web', '-i pt-web', '! -i eth1'),
    fc.constantFrom('0.0.0.10/0.0.0.254', '0.0.0.2/0.0.0.255').map((bits) => `-d ${bits}`),
  )

export const rulesIn = (protocol: Protocol, chain: string, then: readonly string[], maxLength: number) =>
  fc.array(
    fc
      .tuple(
        fc.uniqueArray(matchOf(protocol), {
          maxLength: 2,
          selector: (one) => one.replace('! ', '').slice(0, 2),
        }),
        fc.constantFrom(...then),
      )
      .map(([asked, verdict]) => `-A ${chain} ${asked.join(' ')} -j ${verdict}`),
    { maxLength },
  )

export const savedOf = (protocol: Protocol) =>
  fc
    .record({
      early: rulesIn(protocol, 'PREROUTING', ['DROP', 'ACCEPT', 'MARK --set-xmark 0x1/0xffffffff'], 2),
      elsewhere: rulesIn(protocol, 'PREROUTING', ['DNAT --to-destination 172.30.1.12'], 1),
      forward: rulesIn(protocol, 'FORWARD', ['DROP', 'DROP', 'ACCEPT', 'RETURN'], 3),
      policy: fc.constantFrom('DROP', 'DROP', 'ACCEPT'),
    })
    .map(({ early, elsewhere, forward, policy }) =>
      [
        ...['*mangle', ':PREROUTING ACCEPT [0:0]', ...early, 'COMMIT'],
        ...['*nat', ':PREROUTING ACCEPT [0:0]', ...elsewhere, 'COMMIT'],
        ...['*filter', `:FORWARD ${policy} [0:0]`, ...forward, 'COMMIT', ''],
      ].join('\n'),
    )

/** Rules of nftables that match some ports by sets, maps and verdict maps. */
export const nftOf = (protocol: Protocol) => {
  const port = { payload: { protocol, field: 'dport' } }
  const original = { ct: { key: 'proto-dst', dir: 'original' } }
  const address = { payload: { protocol: 'ip', field: 'daddr' } }
  const match = (left: object, right: unknown, op = '=='): object => ({ match: { op, left, right } })
  const ports = fc.uniqueArray(fc.constantFrom(80, 81, 8080, 8081, 8083, 8084, 8086), {
    minLength: 1,
    maxLength: 3,
  })
  const drop = { drop: null }
  const rule = fc.oneof(
    fc
      .record({ ports, op: fc.constantFrom('==', '!='), key: fc.constantFrom(port, original) })
      .map((one): NftRule => [match(one.key, { set: one.ports }, one.op), drop]),
    ports.map(
      (found): NftRule => [
        {
          vmap: {
            key: port,
            data: { set: found.map((one, at) => [one, at === 0 ? drop : { accept: null }]) },
          },
        },
      ],
    ),
    fc
      .record({ ports, to: fc.constantFrom('192.0.2.2', '172.30.1.10') })
      .map(
        ({ ports: found, to }): NftRule => [
          match({ concat: [address, port] }, { set: found.map((one) => ({ concat: [to, one] })) }),
          drop,
        ],
      ),
    ports.map(
      (found): NftRule => [
        {
          mangle: {
            key: { meta: { key: 'mark' } },
            value: { map: { key: port, data: { set: found.map((one) => [one, 1]) } } },
          },
        },
      ],
    ),
    fc.constant<NftRule>([match({ meta: { key: 'mark' } }, 1), drop]),
    fc.constant<NftRule>([match(port, '@mine'), drop]),
  )
  const rules = fc.array(rule, { maxLength: 2 })
  // A translation before Portolan's. It leads one of the grouped ports to another place than the others.
  const elsewhere = fc
    .record({
      ports,
      addr: fc.constantFrom('172.30.1.11', '172.30.1.12'),
      to: fc.constantFrom(81, 443, 8081),
    })
    .map(({ ports: found, addr, to }): NftRule => [match(port, { set: found }), { dnat: { addr, port: to } }])
  return fc
    .record({ early: rules, forward: rules, mine: ports, nat: fc.array(elsewhere, { maxLength: 1 }) })
    .map(({ early, forward, mine, nat }) =>
      nftListing([
        {
          ...{ family: 'ip', name: 'mine' },
          sets: [{ name: 'mine', type: 'inet_service', elem: mine }],
          chains: [
            { name: 'early', base: { type: 'filter', hook: 'prerouting', prio: -150 }, rules: early },
            { name: 'forward', base: { type: 'filter', hook: 'forward', prio: -5 }, rules: forward },
            { name: 'nat', base: { type: 'nat', hook: 'prerouting', prio: -150 }, rules: nat },
          ],
        },
      ]),
    )
}

export const passageOf = (protocol: Protocol) =>
  fc
    .record({
      out: fc.constantFrom('pt-web', null, null),
      in: fc.constantFrom(null, null, 'eth0', 'pt-web'),
      destination: fc.constantFrom(null, null, '172.30.1.10', '172.30.1.11'),
      destinationPort: fc.constantFrom(null, null, 80, 8081, 8083),
      answers: fc.constantFrom(false, false, true),
    })
    .map(
      (one): Passage => ({
        ...one,
        ...{ family: 'ip', protocol: numberOf[protocol], source: null, sourcePort: null },
      }),
    )

export const numberOf = { tcp: 6, udp: 17 } as const

export const scene = fc.constantFrom<Protocol>('tcp', 'udp').chain((protocol) =>
  fc.record({
    protocol: fc.constant(protocol),
    desired: desiredOf(protocol),
    text: savedOf(protocol),
    nft: nftOf(protocol),
    passage: passageOf(protocol),
    at: fc.nat(3),
    backend: fc.constantFrom<Backend>('nftables', 'iptables-nft'),
    from: fc.constantFrom('eth0', 'eth1', 'pt-web'),
    culprits: fc.subarray([0, 1, 2, 'policy'] as const),
  }),
)

export type Scene = typeof scene extends fc.Arbitrary<infer T> ? T : never

export const rulesOf = ({ desired, text, nft, backend }: Scene): readonly NetfilterRuleset[] => [
  ...lowerRules({
    ...noRules,
    ...(backend === 'nftables'
      ? { nftables: nftables.compile(desired) }
      : { [backend]: iptables.compile(desired) }),
  }),
  ...lowerRules({
    ...noRules,
    nftables: nftables.parse(nft, '<listed>'),
    'iptables-legacy': iptables.parse(text, '<saved>'),
  }),
]
