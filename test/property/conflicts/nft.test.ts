import { describe, expect, test } from '@jest/globals'
import { expectTrue } from './expect-true.ts'
import { look } from './look.ts'
import { cases, dropping, filter, nat, ofMapping, table } from './nft-cases.ts'
import {
  accept,
  comingIn,
  destination,
  dnat,
  drop,
  goingOut,
  masquerade,
  type NftRule,
  prefix,
  snat,
  source,
  tcpTo,
} from './nft-rules.ts'

describe('what rules of nftables do to a mapping', () => {
  test.each(cases)('%s', async (_, nft, told, commands) => {
    const seen = await look({ nft })
    expect(ofMapping(seen)).toEqual(told)
    expect(seen.conflicts[0]?.remedy.commands ?? []).toEqual(commands.map((text) => `nft '${text}'`))
    expectTrue(seen)
  })

  test('answers that go to the container itself are said to be lost', async () => {
    const nft = [table(nat('postrouting', 50, [goingOut('pt-web'), comingIn('eth0'), snat('172.30.1.10')]))]
    expect((await look({ nft })).conflicts.map(({ message }) => message)).toEqual([
      'Packets from eth0 to 0.0.0.0:8080/tcp -> nginx:80 arrive with another source address than the client\'s own. Replies to 172.30.1.10 are lost. Rule 1 of chain postrouting (nft, table ip mine) translates the source: `oifname "pt-web" iifname "eth0" snat to 172.30.1.10`.',
    ])
  })

  test('where only the source depends on the order of two chains, the mapping is not said to be out of reach', async () => {
    const own = [source('192.0.2.9'), snat('192.0.2.9')]
    const seen = await look({
      nft: [
        table(nat('postrouting', 90, [goingOut('pt-web'), comingIn('eth0'), masquerade])),
        { ...table(nat('postrouting', 90, own)), name: 'theirs' },
      ],
    })
    expect(
      seen.conflicts.flatMap(({ kind, message }) => (kind === 'OrderUndetermined' ? [message] : [])),
    ).toEqual([
      'Some packets from eth0 to 0.0.0.0:8080/tcp -> nginx:80 may arrive with another source address than the client\'s own. Two chains share one priority and disagree about these packets. The kernel does not show which runs first. Rule 1 of chain postrouting (nft, table ip mine) acts on the packets in one of the orders: `oifname "pt-web" iifname "eth0" masquerade`.',
    ])
    expectTrue(seen)
  })

  test.each(['iptables-nft', 'iptables-legacy'] as const)(
    'a translation just before that of %s is told the same way',
    async (backend) => {
      const nft = [table(nat('prerouting', -110, [tcpTo(8080), dnat('192.0.2.10', 7000)]))]
      const seen = await look({ nft, backend })
      expect(ofMapping(seen)).toEqual(['error DnatShadowed by nft mine prerouting 1'])
      expectTrue(seen)
    },
  )

  test('where nothing is wrong, nothing is told', async () => {
    const rules = [
      table(
        filter('input', 0, [comingIn('eth0'), tcpTo(22), accept]),
        nat('postrouting', 100, [source(prefix('10.9.0.0/16')), goingOut('eth0'), masquerade]),
      ),
    ]
    expect((await look({ nft: rules })).told).toEqual([])
  })

  test('a network whose sources are bound to what no machine outside can answer is told as a warning', async () => {
    const rules = [
      table(nat('postrouting', 50, [source(prefix('172.30.1.0/24')), goingOut('eth0'), snat('172.30.1.10')])),
    ]
    const seen = await look({ nft: rules })
    expect(seen.told).toEqual(['warning MasqueradeMissing network web by nft mine postrouting 1'])
    expect(seen.conflicts[0]?.remedy.commands).toEqual([
      `nft 'insert rule ip mine postrouting position 3 oifname "eth0" ip saddr 172.30.1.0/24 accept'`,
      `nft 'insert rule ip mine postrouting position 3 oifname "eth1" ip saddr 172.30.1.0/24 accept'`,
    ])
    expectTrue(seen)
  })
})

describe('what processes of the host send to a container', () => {
  const elsewhere = (where: string, port: number, ...matches: NftRule) => [
    table(nat('output', -150, [...matches, dnat(where, port)])),
  ]
  const toNginx = [destination('172.30.1.10'), tcpTo(80)]

  test.each<[string, string, number, string]>([
    ['another machine', '192.0.2.10', 7000, '192.0.2.10:7000 by eth0'],
    ['the host itself', '192.0.2.2', 7000, '192.0.2.2:7000 on this host'],
    ['another container', '172.30.1.11', 81, '172.30.1.11:81 by pt-web'],
  ])('is said to be translated where a rule takes it to %s', async (_, where, port, told) => {
    const seen = await look({ nft: elsewhere(where, port, ...toNginx) })
    expect(seen.told).toEqual(['warning NetworkDropped network web by nft mine output 1'])
    expect(seen.conflicts[0]?.message).toBe(
      `Some packets from this host do not reach containers of network web, for example to nginx (172.30.1.10). Rule 1 of chain output (nft, table ip mine) sends the packets to ${told}: \`ip daddr 172.30.1.10 tcp dport 80 dnat to ${where}:${port}\`.`,
    )
    expectTrue(seen)
  })

  test('is said to be translated even if it is dropped on its way to where it is taken', async () => {
    const nft = [...elsewhere('203.0.113.9', 7000, ...toNginx), dropping]
    expect((await look({ nft })).told).toEqual(['warning NetworkDropped network web by nft mine output 1'])
  })

  test('is dropped where a rule drops it', async () => {
    const seen = await look({ nft: [table(filter('output', 0, [...toNginx, drop]))] })
    expect(seen.conflicts.filter(({ mapping }) => mapping === null).map(({ message }) => message)).toEqual([
      expect.stringMatching(/ Rule 1 of chain output .* drops the packets: /),
    ])
  })
})

describe('what the plan may not set', () => {
  const told = async (sysctls: Readonly<Record<string, string>>): Promise<readonly string[]> => {
    const seen = await look({
      sysctls: false,
      facts: {
        interfaces: [{ name: 'eth0', up: true, addresses: ['192.0.2.2/24'] }],
        routes: [{ destination: 'default', gateway: '192.0.2.1', interface: 'eth0' }],
        sysctls,
      },
    })
    return seen.conflicts.map(({ severity, kind, culprit }) => `${severity} ${kind} ${culprit?.text}`)
  }

  test('forwarding that is off is an error, told once', async () => {
    const routed = { 'net.ipv4.ip_forward': '0', 'net.ipv4.conf.pt-web.route_localnet': '1' }
    expect(await told(routed)).toEqual(['error ForwardingDisabled net.ipv4.ip_forward = 0'])
  })

  test('route_localnet that is off is an error, told once', async () => {
    const routed = { 'net.ipv4.ip_forward': '1', 'net.ipv4.conf.pt-web.route_localnet': '0' }
    expect(await told(routed)).toEqual([
      'error RouteLocalnetDisabled net.ipv4.conf.pt-web.route_localnet = 0',
    ])
  })

  test('both may be on already', async () => {
    const routed = { 'net.ipv4.ip_forward': '1', 'net.ipv4.conf.pt-web.route_localnet': '1' }
    expect(await told(routed)).toEqual([])
  })
})
