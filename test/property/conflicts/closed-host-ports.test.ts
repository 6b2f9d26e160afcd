import { describe, expect, test } from '@jest/globals'
import type { HostFacts } from '@portolan/netfilter'
import type { Backend } from 'portolan'
import { expectTrue } from './expect-true.ts'
import { look, type Scene, type Seen, tell } from './look.ts'
import { comingIn, destination, dnat, type NftTable, tcpTo } from './nft-rules.ts'
import { nat } from './saved.ts'

const backends: readonly Backend[] = ['nftables', 'iptables-nft', 'iptables-legacy']

const facts: HostFacts = {
  interfaces: [
    { name: 'lo', up: true, kind: 'loopback', addresses: ['127.0.0.1/8', '::1/128'] },
    { name: 'eth0', up: true, addresses: ['192.0.2.10/24', '2001:db8:5::10/64'] },
  ],
  routes: [
    { destination: 'default', gateway: '192.0.2.1', interface: 'eth0' },
    { destination: '::/0', gateway: '2001:db8:5::1', interface: 'eth0' },
  ],
  sysctls: {
    'net.ipv4.ip_forward': '1',
    'net.ipv6.conf.all.forwarding': '1',
    'net.bridge.bridge-nf-call-iptables': '0',
    'net.bridge.bridge-nf-call-ip6tables': '0',
  },
}

const intent = `
name: shop
networks:
  web:
    enable_ipv6: true
    ipam: {config: [{subnet: 172.30.1.0/24, gateway: 172.30.1.1}, {subnet: "fd00:30:1::/64", gateway: "fd00:30:1::1"}]}
    driver_opts: {com.docker.network.bridge.name: pt-web}
  back:
    enable_ipv6: true
    ipam: {config: [{subnet: 172.30.2.0/24, gateway: 172.30.2.1}, {subnet: "fd00:30:2::/64", gateway: "fd00:30:2::1"}]}
    driver_opts: {com.docker.network.bridge.name: pt-back}
services:
  web:
    networks: {web: {ipv4_address: 172.30.1.10, ipv6_address: "fd00:30:1::10"}}
    ports: ["8080:80", "127.0.0.1:9090:90", "5353:53/udp"]
  api:
    networks: {web: {ipv4_address: 172.30.1.11, ipv6_address: "fd00:30:1::11"}}
    ports: [{target: 443, published: "8443", x-portolan: {allow_from: [192.0.2.0/24]}}]
  db: {networks: {back: {ipv4_address: 172.30.2.10, ipv6_address: "fd00:30:2::10"}}}
`

const prerouting = (
  type: 'filter' | 'nat',
  prio: number,
  family: 'ip' | 'ip6',
  ...rules: readonly (readonly object[])[]
): NftTable => ({
  family,
  name: 'mine',
  chains: [{ name: 'prerouting', base: { type, hook: 'prerouting', prio }, rules }],
})

const to6 = (right: string): object => ({
  match: { op: '==', left: { payload: { protocol: 'ip6', field: 'daddr' } }, right },
})

const set = (protocol: string, field: string, value: unknown): object => ({
  mangle: { key: { payload: { protocol, field } }, value },
})

const bypasses = ({ conflicts }: Seen): readonly string[] =>
  conflicts.filter(({ kind }) => kind === 'Bypassed').map(tell)

describe.each(backends)('host ports that nothing publishes, beside %s', (backend) => {
  const seen = (scene: Scene): Promise<Seen> => look({ intent, backend, facts, ...scene })

  test.each<[string, NftTable, readonly string[]]>([
    [
      'a translation to a port of a container that nothing publishes',
      prerouting('nat', -110, 'ip', [destination('192.0.2.10'), tcpTo(5432), dnat('172.30.1.10', 5432)]),
      ['network web'],
    ],
    [
      'one that names no address',
      prerouting('nat', -110, 'ip', [tcpTo(5432), dnat('172.30.1.10', 5432)]),
      ['network web'],
    ],
    [
      'one of IPv6',
      prerouting('nat', -110, 'ip6', [to6('2001:db8:5::10'), tcpTo(5432), dnat('fd00:30:1::10', 5432)]),
      ['network web'],
    ],
    [
      'one to a network that publishes nothing',
      prerouting('nat', -110, 'ip', [destination('192.0.2.10'), tcpTo(5432), dnat('172.30.2.10', 5432)]),
      ['network back'],
    ],
    [
      'another host port for a container that takes only some sources',
      prerouting('nat', -110, 'ip', [destination('192.0.2.10'), tcpTo(9443), dnat('172.30.1.11', 443)]),
      ['network web'],
    ],
    [
      'the port of a mapping that is bound to another address, for another container',
      prerouting('nat', -110, 'ip', [destination('192.0.2.10'), tcpTo(9090), dnat('172.30.2.10', 90)]),
      ['127.0.0.1:9090/tcp'],
    ],
    [
      'an address that is routed to this host and is not its own',
      prerouting('nat', -110, 'ip', [destination('198.18.7.7'), tcpTo(5432), dnat('172.30.1.10', 5432)]),
      ['network web'],
    ],
    [
      'a port that is rewritten to a published one',
      prerouting('filter', -300, 'ip', [
        comingIn('eth0'),
        destination('192.0.2.10'),
        tcpTo(7443),
        set('tcp', 'dport', 8443),
      ]),
      ['network web'],
    ],
  ])('are searched: %s', async (_name, table, subjects) => {
    const found = await seen({ nft: [table] })
    expect(bypasses(found)).toEqual(
      subjects.map((subject) => `error Bypassed ${subject} by nft mine prerouting 1`),
    )
    expectTrue(found)
  })

  test('are searched in what iptables translates', async () => {
    const found = await seen({
      saved: nat(
        '-A PREROUTING -d 192.0.2.10/32 -p tcp --dport 5432 -j DNAT --to-destination 172.30.1.10:5432',
      ),
    })
    expect(bypasses(found)).toEqual(['error Bypassed network web by iptables-nft nat PREROUTING 1'])
    expect(found.conflicts.find(({ kind }) => kind === 'Bypassed')?.message).toMatch(
      /^Network web lets in packets from eth0( and containers on other bridges)? for ports that are not published\./,
    )
    expectTrue(found)
  })

  test('are all searched beside many translations of others', async () => {
    const others = Array.from(
      { length: 600 },
      (_, at) =>
        `-A PREROUTING -d 192.0.2.10/32 -p tcp --dport ${10_000 + at} -j DNAT --to-destination 172.29.0.2:80`,
    )
    const { conflicts, plan } = await seen({
      saved: nat(
        ...others,
        '-A PREROUTING -d 192.0.2.10/32 -p tcp --dport 5432 -j DNAT --to-destination 172.30.1.10:5432',
      ),
    })
    expect(conflicts.filter(({ kind }) => kind === 'Bypassed').map(tell)).toEqual([
      'error Bypassed network web by iptables-nft nat PREROUTING 601',
    ])
    expect(plan.incomplete.map(({ what }) => what)).toEqual([])
  })

  test('are not ours where they lead to the containers of others, or to the host', async () => {
    const found = await seen({
      nft: [
        prerouting(
          'nat',
          -110,
          'ip',
          [destination('192.0.2.10'), tcpTo(5432), dnat('172.29.0.2', 5432)],
          [destination('192.0.2.10'), tcpTo(5433), { redirect: { port: 22 } }],
          [destination('192.0.2.10'), tcpTo(5434), dnat('192.0.2.10', 22)],
        ),
      ],
    })
    expect(bypasses(found)).toEqual([])
  })
})
