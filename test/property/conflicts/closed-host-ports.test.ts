import { describe, expect, test } from '@jest/globals'
import { backends } from '../arbitrary/backend.ts'
import { dualStackHost, dualStackNetwork } from './dual-stack.ts'
import { expectTrue } from './expect-true.ts'
import { bypassesOf, look, type Scene, type Seen } from './look.ts'
import {
  comingIn,
  destination,
  destination6,
  dnat,
  type NftTable,
  setField,
  tableOf,
  tcpTo,
} from './nft-rules.ts'
import { nat } from './saved.ts'

const intent = `
name: shop
networks:${dualStackNetwork('web', 1)}${dualStackNetwork('back', 2)}
services:
  web:
    networks: {web: {ipv4_address: 172.30.1.10, ipv6_address: "fd00:30:1::10"}}
    ports: ["8080:80", "127.0.0.1:9090:90", "5353:53/udp"]
  api:
    networks: {web: {ipv4_address: 172.30.1.11, ipv6_address: "fd00:30:1::11"}}
    ports: [{target: 443, published: "8443", x-portolan: {allow_from: [192.0.2.0/24]}}]
  db: {networks: {back: {ipv4_address: 172.30.2.10, ipv6_address: "fd00:30:2::10"}}}
`

describe.each(backends)('host ports that nothing publishes, beside %s', (backend) => {
  const seen = (scene: Scene): Promise<Seen> => look({ intent, backend, facts: dualStackHost, ...scene })

  test.each<[string, NftTable, readonly string[]]>([
    [
      'a translation to a port of a container that nothing publishes',
      tableOf('ip', 'nat', 'prerouting', -110, [
        destination('192.0.2.10'),
        tcpTo(5432),
        dnat('172.30.1.10', 5432),
      ]),
      ['network web'],
    ],
    [
      'one that names no address',
      tableOf('ip', 'nat', 'prerouting', -110, [tcpTo(5432), dnat('172.30.1.10', 5432)]),
      ['network web'],
    ],
    [
      'one of IPv6',
      tableOf('ip6', 'nat', 'prerouting', -110, [
        destination6('2001:db8:5::10'),
        tcpTo(5432),
        dnat('fd00:30:1::10', 5432),
      ]),
      ['network web'],
    ],
    [
      'one to a network that publishes nothing',
      tableOf('ip', 'nat', 'prerouting', -110, [
        destination('192.0.2.10'),
        tcpTo(5432),
        dnat('172.30.2.10', 5432),
      ]),
      ['network back'],
    ],
    [
      'another host port for a container that takes only some sources',
      tableOf('ip', 'nat', 'prerouting', -110, [
        destination('192.0.2.10'),
        tcpTo(9443),
        dnat('172.30.1.11', 443),
      ]),
      ['network web'],
    ],
    [
      'the port of a mapping that is bound to another address, for another container',
      tableOf('ip', 'nat', 'prerouting', -110, [
        destination('192.0.2.10'),
        tcpTo(9090),
        dnat('172.30.2.10', 90),
      ]),
      ['127.0.0.1:9090/tcp'],
    ],
    [
      'an address that is routed to this host and is not its own',
      tableOf('ip', 'nat', 'prerouting', -110, [
        destination('198.18.7.7'),
        tcpTo(5432),
        dnat('172.30.1.10', 5432),
      ]),
      ['network web'],
    ],
    [
      'a port that is rewritten to a published one',
      tableOf('ip', 'filter', 'prerouting', -300, [
        comingIn('eth0'),
        destination('192.0.2.10'),
        tcpTo(7443),
        setField('tcp', 'dport', 8443),
      ]),
      ['network web'],
    ],
  ])('are searched: %s', async (_name, table, subjects) => {
    const found = await seen({ nft: [table] })
    expect(bypassesOf(found)).toEqual(
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
    expect(bypassesOf(found)).toEqual(['error Bypassed network web by iptables-nft nat PREROUTING 1'])
    expect(found.conflicts.find(({ kind }) => kind === 'Bypassed')?.message).toMatch(
      /^Network web lets in packets over IPv4 from eth0( and containers on other bridges)? for ports that are not published\./,
    )
    expectTrue(found)
  })

  test('are all searched beside many translations of others', async () => {
    const others = Array.from(
      { length: 600 },
      (_, at) =>
        `-A PREROUTING -d 192.0.2.10/32 -p tcp --dport ${10_000 + at} -j DNAT --to-destination 172.29.0.2:80`,
    )
    const found = await seen({
      saved: nat(
        ...others,
        '-A PREROUTING -d 192.0.2.10/32 -p tcp --dport 5432 -j DNAT --to-destination 172.30.1.10:5432',
      ),
    })
    expect(bypassesOf(found)).toEqual(['error Bypassed network web by iptables-nft nat PREROUTING 601'])
    expect(found.plan.incomplete.map(({ what }) => what)).toEqual([])
  })

  test('are not ours where they lead to the containers of others, or to the host', async () => {
    const found = await seen({
      nft: [
        tableOf(
          'ip',
          'nat',
          'prerouting',
          -110,
          [destination('192.0.2.10'), tcpTo(5432), dnat('172.29.0.2', 5432)],
          [destination('192.0.2.10'), tcpTo(5433), { redirect: { port: 22 } }],
          [destination('192.0.2.10'), tcpTo(5434), dnat('192.0.2.10', 22)],
        ),
      ],
    })
    expect(bypassesOf(found)).toEqual([])
  })
})
