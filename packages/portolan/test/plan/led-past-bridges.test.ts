import { describe, expect, test } from '@jest/globals'
import { type Conflict, type DesiredState, findConflicts } from '@portolan/core'
import type { HostFacts, RouteFact, RoutingRuleFact } from '@portolan/netfilter'
import * as nftables from '@portolan/nftables'

const target = {
  ...{ service: 'web', replica: 1, network: 'front', bridge: 'br-f', address: '172.30.1.10' },
  ...{ port: 80, weight: 1 },
}
const network = (name: string, bridge: string, subnet: string, gateway: string) =>
  ({
    ...{ name, bridge, external: false, internal: false, icc: true, mtu: null, ip6: null },
    ip: { subnet, gateway, mode: 'nat', masquerade: true },
  }) as const
const shop: DesiredState = {
  project: 'shop',
  guardForwarding: false,
  networks: [
    network('front', 'br-f', '172.30.1.0/24', '172.30.1.1'),
    network('back', 'br-b', '172.30.2.0/24', '172.30.2.1'),
  ],
  endpoints: [
    { service: 'web', replica: 1, network: 'front', ip: '172.30.1.10', ip6: null, mac: '02:00:00:00:00:01' },
    { service: 'far', replica: 1, network: 'back', ip: '172.30.2.10', ip6: null, mac: '02:00:00:00:00:02' },
  ],
  mappings: [
    {
      ...{ label: '0.0.0.0:8080/tcp -> web:80', family: 'ip', protocol: 'tcp', kind: 'nat' },
      ...{ hostAddress: null, hostPort: 8080, interface: null, allowFrom: null, targets: [target] },
    },
  ],
}

const found = (rules: readonly RoutingRuleFact[], routes: readonly RouteFact[] = []): readonly Conflict[] => {
  const facts: HostFacts = {
    interfaces: [
      { name: 'lo', kind: 'loopback', addresses: ['127.0.0.1/8'] },
      { name: 'eth0', kind: 'ether', addresses: ['192.0.2.2/24'] },
      { name: 'eth1', kind: 'ether', addresses: ['198.51.100.2/24'] },
    ],
    routes: [
      { destination: '192.0.2.0/24', interface: 'eth0', table: 254 },
      { destination: '198.51.100.0/24', interface: 'eth1', table: 254 },
      { destination: 'default', interface: 'eth0', gateway: '192.0.2.1', table: 254 },
      { destination: 'default', interface: 'eth1', gateway: '198.51.100.9', table: 100 },
      ...routes,
    ],
    rules: [{ priority: 0, table: 255 }, ...rules, { priority: 32766, table: 254 }],
    sysctls: { 'net.ipv4.ip_forward': '1' },
  }
  return findConflicts(shop, facts, [nftables.lower(nftables.compile(shop))])
}

const commandsOf = (conflicts: readonly Conflict[]): readonly string[] => [
  ...new Set(conflicts.flatMap(({ remedy }) => remedy.commands)),
]

/** What a container of the other network sends to a neighbour of eth0 is led to eth1 by the same rule. */
const toNeighbours = 'ip rule add from 172.30.2.0/24 to 192.0.2.0/24 lookup main'

describe('packets for a bridge that a route of another table leads elsewhere', () => {
  test('are led back by a routing rule ahead of the one that asks that table', () => {
    const conflicts = found([{ priority: 90, in: 'br-b', table: 100 }])
    expect(conflicts.map(({ kind }) => kind)).toContain('DnatShadowed')
    expect(commandsOf(conflicts)).toEqual(['ip rule add to 172.30.1.0/24 lookup main', toNeighbours])
    const [conflict] = conflicts
    expect(conflict?.remedy.text).toContain('Exempt that network from the table')
    expect(conflict?.remedy.text).not.toContain('another subnet')
  })

  test('are led back ahead of all rules that ask it, where others come first too', () => {
    const conflicts = found([
      { priority: 50, from: '203.0.113.0/24', table: 254 },
      { priority: 90, in: 'br-b', table: 100 },
    ])
    expect(commandsOf(conflicts)).toEqual(['ip rule add to 172.30.1.0/24 lookup main', toNeighbours])
    expect(commandsOf(found([{ priority: 1, in: 'br-b', table: 100 }]))).toEqual([
      'ip rule add to 172.30.1.0/24 lookup main',
      toNeighbours,
    ])
  })

  test('that are replies are led back to the networks of the clients', () => {
    const conflicts = found([{ priority: 90, in: 'br-f', to: '172.30.0.0/16', table: 100 }])
    expect(conflicts.filter(({ kind }) => kind === 'ReplyDropped')).toMatchObject([
      {
        severity: 'error',
        culprit: { tool: 'kernel', text: 'route default via 198.51.100.9 dev eth1 table 100' },
        remedy: {
          commands: ['ip rule add to 172.30.2.0/24 lookup main'],
        },
      },
    ])
  })

  test('of a route in table main ask for another route or subnet', () => {
    const longer: RouteFact = { destination: '172.30.1.0/25', interface: 'eth1', table: 254 }
    const conflicts = found([], [longer])
    expect(conflicts.length).toBeGreaterThan(0)
    expect(commandsOf(conflicts)).toEqual([])
    expect(conflicts[0]?.remedy.text).toBe('Change that route, or give the network another subnet.')
  })
})
