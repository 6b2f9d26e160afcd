import { describe, expect, test } from '@jest/globals'
import { type Conflict, type DesiredState, findConflicts } from '@portolan/core'
import * as iptables from '@portolan/iptables'
import type { HostFacts } from '@portolan/netfilter'

const facts: HostFacts = {
  interfaces: [
    { name: 'lo', kind: 'loopback', addresses: ['127.0.0.1/8', '::1/128'] },
    { name: 'eth0', kind: 'ether', addresses: ['192.0.2.2/24', '2001:db8::2/64', 'fe80::2/64'] },
  ],
  sysctls: { 'net.ipv6.conf.all.forwarding': '1', 'net.ipv4.ip_forward': '1' },
}

const target = {
  service: 'web',
  replica: 1,
  network: 'front',
  bridge: 'br-f',
  address: 'fd00::10',
  port: 80,
  weight: 1,
}
const shop: DesiredState = {
  project: 'shop',
  guardForwarding: false,
  networks: [
    {
      ...{ name: 'front', bridge: 'br-f', external: false, internal: false, icc: true, mtu: null, ip: null },
      ip6: { subnet: 'fd00::/64', gateway: 'fd00::1', mode: 'nat', masquerade: true },
    },
  ],
  endpoints: [
    { service: 'web', replica: 1, network: 'front', ip: null, ip6: 'fd00::10', mac: '02:00:00:00:00:01' },
  ],
  mappings: [
    {
      ...{ label: '[::]:8080/tcp -> web:80', family: 'ip6', protocol: 'tcp', kind: 'nat' },
      ...{ hostAddress: null, hostPort: 8080, interface: null, allowFrom: null, targets: [target] },
    },
  ],
}

const found = (
  rules: string,
  { host = facts, wanted = shop }: { host?: HostFacts; wanted?: DesiredState } = {},
): readonly Conflict[] => {
  const text = ['*filter', ':INPUT ACCEPT', ':FORWARD ACCEPT', ':OUTPUT ACCEPT', rules, 'COMMIT', ''].join(
    '\n',
  )
  return findConflicts(wanted, host, [iptables.lower(iptables.parse(text, 'x', 'ip6'))]).filter(
    ({ kind }) => kind === 'NeighbourDiscoveryDropped',
  )
}
const refuse = (chain: string, type: string): string => `-A ${chain} -p ipv6-icmp ${type} -j DROP`
const [asks, answers] = ['135', '136'].map((type) => `-m icmp6 --icmpv6-type ${type}`)

describe('a rule that drops neighbour discovery', () => {
  test.each<[string, string, boolean]>([
    ['of what others ask', refuse('INPUT', `${asks}`), true],
    ['of what others answer', refuse('INPUT', `${answers}`), true],
    ['of what the host asks', refuse('OUTPUT', `${asks}`), true],
    ['of what the host answers', refuse('OUTPUT', `${answers}`), true],
    ['of all', '-P INPUT DROP', true],
    [
      'of no connection, which leaves out what is not tracked',
      '-A INPUT -m conntrack --ctstate INVALID -j DROP',
      false,
    ],
    ['of pings alone', refuse('INPUT', '-m icmp6 --icmpv6-type 128'), false],
    ['of what is forwarded', '-A FORWARD -j DROP', false],
    [
      'but for what has link-local addresses, as the kernel may ask with these',
      `-A INPUT -s fe80::/10 -j ACCEPT\n${refuse('INPUT', '')}`,
      false,
    ],
    [
      'but for what has the hop limit of a neighbour',
      `-A INPUT -p ipv6-icmp -m hl --hl-eq 255 -j ACCEPT\n${refuse('INPUT', '')}`,
      false,
    ],
  ])('%s', (_, rules, isFound) => {
    const text = rules.startsWith('-P ') ? '' : rules
    const all = rules.startsWith('-P ') ? found(':INPUT DROP') : found(text)
    expect(all.map(({ severity, certainty }) => `${severity} ${certainty}`)).toEqual(
      isFound ? ['error certain'] : [],
    )
  })

  test('of what a bridge switches is told of the containers there, unless the network is told for it', () => {
    const host: HostFacts = {
      ...facts,
      sysctls: { ...facts.sysctls, 'net.bridge.bridge-nf-call-ip6tables': '1' },
    }
    const dropped = refuse('FORWARD', '')
    expect(found(dropped, { host })).toMatchObject([
      {
        severity: 'warning',
        certainty: 'certain',
        message: expect.stringContaining('In IPv6 containers of front do not find one another'),
        witness: { in: 'br-f', icmpType: 135, source: 'fd00::ffff:ffff:ffff:ffff' },
      },
    ])
    expect(found(refuse('FORWARD', `${answers}`), { host })).toHaveLength(1)
    expect(found(`-A FORWARD -i br-f -o br-f -j ACCEPT\n${dropped}`, { host })).toEqual([])
    expect(found('-A FORWARD -j DROP', { host })).toEqual([])
    expect(found(dropped)).toEqual([])
    const apart = shop.networks.map((network) => ({ ...network, icc: false }))
    expect(found(dropped, { host, wanted: { ...shop, networks: apart } })).toEqual([])
  })

  test('is told once, with the networks and uplinks, and what to accept in which chain', () => {
    const [conflict] = found(refuse('INPUT', ''))
    expect(conflict).toMatchObject({
      mapping: null,
      network: null,
      culprit: { chain: 'INPUT', position: 1 },
      remedy: { commands: [] },
      witness: { family: 'ip6', in: 'br-f', protocol: 58, icmpType: 135, destination: 'ff02::1:ff00:1' },
    })
    expect(conflict?.message).toContain('containers of front and machines behind eth0')
    expect(conflict?.remedy.text).toContain('ICMPv6 types 135 and 136 in chain INPUT in front of that rule')
  })

  test('of one interface is told of that alone, and of none that has no neighbours', () => {
    const one = refuse('INPUT', '-i eth0')
    expect(found(one)[0]?.message).toContain('this host and machines behind eth0 do not')
    const [lo] = facts.interfaces ?? []
    const tunnel = { name: 'eth0', kind: 'wireguard', addresses: ['2001:db8::2/64'] }
    expect(found(one, { host: { ...facts, interfaces: [lo ?? {}, tunnel] } })).toEqual([])
  })

  test('is a warning where no port is published in IPv6, and nothing where no network has it', () => {
    const rules = refuse('INPUT', '')
    expect(found(rules, { wanted: { ...shop, mappings: [] } })).toMatchObject([{ severity: 'warning' }])
    const networks = shop.networks.map((network) => ({ ...network, ip6: null }))
    expect(found(rules, { wanted: { ...shop, networks, endpoints: [], mappings: [] } })).toEqual([])
  })
})
