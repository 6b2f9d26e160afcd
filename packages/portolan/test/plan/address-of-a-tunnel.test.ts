import { describe, expect, test } from '@jest/globals'
import * as iptables from '@portolan/iptables'
import type { HostFacts } from '@portolan/netfilter'
import { intent, noRules, plan } from '../../src/index.ts'

/** A host with a tunnel as default route, as `wg-quick up` makes it from `AllowedIPs = 0.0.0.0/0`. */
const tunnelled: HostFacts = {
  interfaces: [
    { name: 'lo', index: 1, up: true, kind: 'loopback', addresses: ['127.0.0.1/8'] },
    { name: 'eth0', index: 2, up: true, kind: 'ether', addresses: ['192.0.2.2/24'] },
    { name: 'wg0', index: 3, up: true, kind: 'wireguard', addresses: ['10.99.0.2/32'] },
  ],
  routes: [
    { destination: 'default', gateway: '192.0.2.1', interface: 'eth0', table: 254, type: 'unicast' },
    { destination: '192.0.2.0/24', interface: 'eth0', table: 254, type: 'unicast', scope: 'link' },
    { destination: 'default', interface: 'wg0', table: 51820, type: 'unicast', scope: 'link' },
    { destination: '192.0.2.2/32', interface: 'eth0', table: 255, type: 'local', scope: 'host' },
    { destination: '10.99.0.2/32', interface: 'wg0', table: 255, type: 'local', scope: 'host' },
    { destination: '127.0.0.0/8', interface: 'lo', table: 255, type: 'local', scope: 'host' },
  ],
  rules: [
    { family: 'ip', priority: 0, table: 255 },
    { family: 'ip', priority: 32764, table: 254, suppressPrefixLength: 0 },
    { family: 'ip', priority: 32765, table: 51820, mark: 51820, mask: 0xffffffff, invert: true },
    { family: 'ip', priority: 32766, table: 254 },
  ],
  sysctls: { 'net.ipv4.ip_forward': '1', 'net.ipv4.conf.all.rp_filter': '2' },
}

/** wg-quick's own rule, and further foreign ones. */
const conflictsWith = async (raw: string, hostAddress?: string, facts: HostFacts = tunnelled) => {
  const text = ['*raw', ':PREROUTING ACCEPT', raw, 'COMMIT', ''].join('\n')
  const shop = intent('shop')
    .network('web', { ipv4: { subnet: '172.30.1.0/24' } })
    .service('nginx', {
      networks: ['web'],
      ports: [{ hostPort: 8080, port: 80, ...(hostAddress === undefined ? {} : { hostAddress }) }],
    })
  const { conflicts } = await plan(shop, {
    facts,
    rules: { ...noRules, 'iptables-nft': iptables.parse(text, 'rules', 'ip') },
    backend: 'nftables',
  })
  return conflicts.map(({ kind, severity, certainty }) => `${severity} ${certainty} ${kind}`)
}

const ofWgQuick = '-A PREROUTING -d 10.99.0.2/32 ! -i wg0 -m addrtype ! --src-type LOCAL -j DROP'

describe('the address of a tunnel', () => {
  test('that its own peers alone may call keeps no port of all addresses from being published', async () => {
    expect(await conflictsWith(ofWgQuick)).toEqual([
      'warning certain PreroutingDropped',
      'warning certain ReplyDropped',
    ])
  })

  test('is one that a port is for which is bound to it', async () => {
    expect(await conflictsWith(ofWgQuick, '10.99.0.2')).toContain('error certain ReplyDropped')
  })

  test('is dead where its peers do not reach it', async () => {
    expect(await conflictsWith('-A PREROUTING -d 10.99.0.2/32 -j DROP')).toContain(
      'error certain PreroutingDropped',
    )
  })

  test('is no other one: that of the line is dead where the tunnel alone may call it', async () => {
    expect(await conflictsWith('-A PREROUTING -d 192.0.2.2/32 ! -i wg0 -j DROP')).toContain(
      'error certain PreroutingDropped',
    )
  })

  /** A tunnel with a single address, as ppp and gre may have it. */
  const unnumbered = (
    address: string,
    tunnels: readonly string[],
    toTunnel: (at: number) => string,
  ): HostFacts => ({
    ...tunnelled,
    interfaces: [
      ...(tunnelled.interfaces ?? []).filter(({ name }) => name !== 'wg0'),
      ...tunnels.map((name) => ({ name, up: true, kind: 'gre', addresses: [`${address}/32`] })),
    ],
    routes: [
      { destination: '192.0.2.0/24', interface: 'eth0', table: 254 },
      ...tunnels.map((name, at) => ({ destination: toTunnel(at), interface: name, table: 254, metric: at })),
    ],
    rules: [],
  })

  test.each([
    ['a tunnel has', ['gre0']],
    ['tunnels have', ['gre0', 'gre1']],
  ])('is no other one either: that of the line, which %s too', async (_, tunnels) => {
    const facts = unnumbered('192.0.2.2', tunnels, (at) => `10.5${at}.0.0/16`)
    const raw = '-A PREROUTING -i eth0 -d 192.0.2.2/32 -j DROP'
    expect(await conflictsWith(raw, undefined, facts)).toContain('error certain PreroutingDropped')
  })

  test('is that of each tunnel that has it', async () => {
    const facts = unnumbered('203.0.113.5', ['gre0', 'gre1'], () => 'default')
    const raw = '-A PREROUTING -i gre0 -d 203.0.113.5/32 -j DROP'
    expect(await conflictsWith(raw, undefined, facts)).toContain('error certain PreroutingDropped')
  })
})
