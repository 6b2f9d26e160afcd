import { describe, expect, test } from '@jest/globals'
import type { Conflict } from '@portolan/core'
import type { HostFacts } from '@portolan/netfilter'
import { hostFacts, look, type Scene } from './look.ts'

const intent = `
name: shop
networks:
  web:
    ipam: {config: [{subnet: 172.30.1.0/24, gateway: 172.30.1.1}]}
    driver_opts: {com.docker.network.bridge.name: pt-web}
  back: {ipam: {config: [{subnet: 172.30.2.0/24, gateway: 172.30.2.1}]}}
services:
  nginx: {networks: {web: {ipv4_address: 172.30.1.10}}, ports: ["8080:80", "443:443"]}
  db: {networks: {back: {ipv4_address: 172.30.2.10}}, ports: ["5432:5432"]}
`

const conflictsOf = async (scene: Scene): Promise<readonly Conflict[]> =>
  (await look({ intent, ...scene })).plan.conflicts

/** What each conflict is about, and its cause. */
const told = (conflicts: readonly Conflict[]): readonly string[] =>
  conflicts.map(
    ({ severity, kind, mapping, network, culprit }) =>
      `${severity} ${kind} ${mapping?.split(' ')[0] ?? network ?? 'host'} by ${culprit?.owner ?? culprit?.tool}`,
  )

type Part = Pick<HostFacts, 'interfaces' | 'routes' | 'networks'>

const factsWith = ({ interfaces = [], routes = [], networks = [] }: Part): HostFacts => ({
  ...hostFacts,
  interfaces: [...(hostFacts.interfaces ?? []), ...interfaces],
  routes: [...(hostFacts.routes ?? []), ...routes],
  networks,
})

/** A foreign drop that affects both networks. */
const saved = `*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -p tcp -m tcp --dport 80 -j DROP
-A FORWARD -p tcp -m tcp --dport 5432 -j DROP
-A FORWARD -s 172.30.1.0/24 -j DROP
COMMIT
`

describe('a network whose subnet overlaps the host is told once', () => {
  const vpn = {
    interfaces: [{ name: 'wg0', up: true, kind: 'wireguard', addresses: ['10.8.0.2/24'] }],
    routes: [{ destination: '172.30.1.0/25', interface: 'wg0' }],
  }

  test('with the VPN that has the range, and without what becomes of its packets', async () => {
    const conflicts = await conflictsOf({ facts: factsWith(vpn) })
    expect(told(conflicts)).toEqual(['error SubnetOverlap web by wireguard'])
    expect(conflicts[0]?.message).toMatch(/web.*172\.30\.1\.0\/25.*wg0.*not looked for/)
  })

  test('while rules that hit another network are told of that one', async () => {
    expect(told(await conflictsOf({ saved, facts: factsWith(vpn) }))).toEqual([
      'error SubnetOverlap web by wireguard',
      'error ForwardDropped 0.0.0.0:5432/tcp by iptables-nft',
      'warning EgressDropped back by iptables-nft',
    ])
  })

  test.each<readonly [string, Part]>([
    ['docker', { interfaces: [{ name: 'br-0123456789ab', up: true, addresses: ['172.30.1.1/24'] }] }],
    [
      'podman',
      {
        networks: [{ engine: 'podman', name: 'apps', subnets: ['172.30.1.128/25'], bridge: 'podman3' }],
        interfaces: [{ name: 'podman3', addresses: ['172.30.1.129/25'] }],
      },
    ],
    ['libvirt', { routes: [{ destination: '172.30.1.0/26', interface: 'virbr7' }] }],
    ['eth2', { interfaces: [{ name: 'eth2', up: true, addresses: ['172.30.0.2/16'] }] }],
    ['tun0', { interfaces: [{ name: 'tun0', up: true, kind: 'tun', addresses: ['172.30.1.9/24'] }] }],
    [
      'blog',
      {
        interfaces: [
          {
            name: 'br-blog',
            up: true,
            kind: 'bridge',
            alias: 'portolan project=blog network=web',
            addresses: ['172.30.1.1/24'],
          },
        ],
      },
    ],
  ])('and named after %s, which has the range', async (owner, part) => {
    expect(
      told(await conflictsOf({ saved, facts: factsWith(part) })).filter((line) => !/5432|back/.test(line)),
    ).toEqual([`error SubnetOverlap web by ${owner}`])
  })

  test('though it overlaps several things, which are all named', async () => {
    const facts = factsWith({
      interfaces: [
        { name: 'eth2', up: true, addresses: ['172.30.1.2/26'] },
        { name: 'eth3', up: true, addresses: ['172.30.1.66/26'] },
      ],
    })
    const conflicts = await conflictsOf({ facts })
    expect(told(conflicts)).toEqual(['error SubnetOverlap web by eth2'])
    expect(conflicts[0]?.message).toMatch(/172\.30\.1\.0\/26.*eth2.*172\.30\.1\.64\/26.*eth3/)
    expect(conflicts[0]?.remedy.text).toContain('--allow 172.30.1.0/26 --allow 172.30.1.64/26')
  })

  test('but its packets are judged where the overlap is a guess: a network that is not up', async () => {
    const facts = factsWith({ networks: [{ engine: 'podman', name: 'apps', subnets: ['172.30.1.0/24'] }] })
    const kinds = told(await conflictsOf({ saved, facts }))
    expect(kinds).toContain('warning SubnetOverlap web by podman')
    expect(kinds).toContain('error ForwardDropped 0.0.0.0:8080/tcp by iptables-nft')
  })
})

describe('a network whose bridge has the name of another interface is told once', () => {
  test('and none of its packets are judged', async () => {
    const facts = factsWith({ interfaces: [{ name: 'pt-web', up: true, addresses: ['10.3.0.1/24'] }] })
    expect(told(await conflictsOf({ saved, facts })).filter((line) => !/5432|back/.test(line))).toEqual([
      'error BridgeNameTaken web by link',
    ])
  })
})

describe('an external network whose bridge is down is told once', () => {
  const joined = `
name: shop
networks: {web: {external: true, name: podman3}}
services: {nginx: {networks: {web: {ipv4_address: 172.30.1.10}}, ports: ["8080:80", "443:443"]}}
`
  const facts = (up: boolean): HostFacts =>
    factsWith({
      interfaces: [{ name: 'podman3', up, kind: 'bridge', addresses: ['172.30.1.1/24'] }],
      networks: [{ engine: 'podman', name: 'podman3', subnets: ['172.30.1.0/24'], bridge: 'podman3' }],
    })

  test('and none of its packets are judged', async () => {
    const conflicts = await conflictsOf({ intent: joined, saved, facts: facts(false) })
    expect(told(conflicts)).toEqual(['error BridgeDown web by podman'])
    expect(conflicts[0]?.remedy.commands).toEqual(['ip link set dev podman3 up'])
  })

  test('and is not told where it is up', async () => {
    expect(told(await conflictsOf({ intent: joined, facts: facts(true) }))).toEqual([])
  })
})

describe('a host port that an engine publishes', () => {
  const docker = `*nat
:PREROUTING ACCEPT [0:0]
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.29.0.2:80
COMMIT
`
  const listening = (process: string): HostFacts => ({
    ...factsWith({
      interfaces: [{ name: 'docker0', up: true, kind: 'bridge', addresses: ['172.29.0.1/16'] }],
    }),
    sockets: [{ protocol: 'tcp', address: '0.0.0.0', port: 8080, process }],
  })

  test('is told once, though a program of the engine listens on it too', async () => {
    const conflicts = await conflictsOf({ saved: docker, facts: listening('docker-proxy') })
    expect(told(conflicts)).toEqual(['error DnatShadows 0.0.0.0:8080/tcp by docker'])
  })

  test('is told with all senders that lose it, and where their packets go without the mapping', async () => {
    const [conflict] = await conflictsOf({ saved: docker, facts: listening('docker-proxy') })
    expect(conflict?.message).toBe(
      "0.0.0.0:8080/tcp -> nginx:80 takes packets from eth0 and eth1 that go to 172.29.0.2:80 without it, by Docker's rule 1 of chain DOCKER (iptables-nft, table nat). While the mapping is in force, they reach the container instead.",
    )
  })

  test('is told apart from another program that listens on it', async () => {
    const conflicts = await conflictsOf({ saved: docker, facts: listening('nginx') })
    expect(told(conflicts)).toEqual([
      'error HostPortTaken 0.0.0.0:8080/tcp by nginx',
      'error DnatShadows 0.0.0.0:8080/tcp by docker',
    ])
  })
})

describe('a rule about a published port that meets programs of networks that bind that port', () => {
  const drop = '-A PREROUTING -i eth0 -p tcp -m tcp --dport 8080 -j DROP'
  const rules = (...lines: readonly string[]): string =>
    ['*raw', ':PREROUTING ACCEPT [0:0]', ...lines, 'COMMIT', ''].join('\n')

  test('is an error of the mapping, and worth knowing of the networks', async () => {
    const conflicts = await conflictsOf({ saved: rules(drop) })
    expect(told(conflicts)).toEqual([
      'error PreroutingDropped 0.0.0.0:8080/tcp by iptables-nft',
      'info EgressDropped web by iptables-nft',
      'info EgressDropped back by iptables-nft',
    ])
    expect(conflicts[1]?.message).toContain(
      'programs that bind a source port of their own, such as port 8080.',
    )
  })

  test('is worth knowing of the networks as one of a list that the mapping names', async () => {
    const bans = ['198.51.100.7', '198.51.100.8'].map((address) =>
      drop.replace('-i eth0', `-s ${address}/32 -i eth0`),
    )
    expect(told(await conflictsOf({ saved: rules(...bans) }))).toEqual([
      'warning PreroutingDropped 0.0.0.0:8080/tcp by iptables-nft',
      'info EgressDropped web by iptables-nft',
      'info EgressDropped back by iptables-nft',
    ])
  })

  test('is a warning of the networks where no mapping is told of it', async () => {
    expect(told(await conflictsOf({ saved: rules(drop.replace('8080', '123')) }))).toEqual([
      'warning EgressDropped web by iptables-nft',
      'warning EgressDropped back by iptables-nft',
    ])
  })
})
