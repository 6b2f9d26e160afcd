import { describe, expect, test } from '@jest/globals'
import { readCompose } from '@portolan/core'
import type { HostFacts, PacketInput } from '@portolan/netfilter'
import { type FakeHost, fakeHost, smallHost } from '@portolan/testing'
import { planFromJson } from 'portolan'
import { backends } from 'portolan/machine'

const withVpn: HostFacts = {
  ...smallHost,
  interfaces: [
    ...(smallHost.interfaces ?? []),
    { name: 'wg0', index: 3, up: true, kind: 'wireguard', addresses: ['10.8.0.1/24'] },
  ],
  routes: [...(smallHost.routes ?? []), { destination: '10.8.0.0/24', interface: 'wg0' }],
}

const shop = (named: string) =>
  readCompose(
    `services:
  db: {networks: {back: {ipv4_address: 10.65.0.5}}, x-portolan: {reachable_from: ${named}}}
networks: {back: {ipam: {config: [{subnet: 10.65.0.0/24}]}}}`,
    { source: 'compose.yaml', project: 'shop' },
  )

const fromVpn: PacketInput = {
  family: 'ip',
  in: 'wg0',
  source: '10.8.0.9',
  sourcePort: 40_000,
  destination: '10.65.0.5',
  destinationPort: 5432,
  protocol: 'tcp',
}

describe.each(backends)('reachable_from with %s', (backend) => {
  const held = async (host: FakeHost, named: string): Promise<FakeHost> => {
    await host.apply(await host.plan(shop(named), { backend }))
    return host
  }

  test.each(['[wg0]', '[10.8.0.0/24]', '["0.0.0.0/0"]'])('lets the VPN in that %s names', async (named) => {
    const host = await held(fakeHost(withVpn), named)
    expect(host.send(fromVpn)).toMatchObject({ outcome: 'delivered', seenAs: { source: '10.8.0.9' } })
    const forged = { ...fromVpn, source: '10.65.0.7' }
    expect(host.send(forged).outcome).toBe('dropped')
    expect(host.conflicts()).toEqual([])
    expect((await host.plan(shop(named), { backend })).changes).toEqual([])
  })

  test('lets nothing else in, and closes again what is no longer named', async () => {
    const host = await held(fakeHost(withVpn), '[wg0]')
    expect(host.send({ ...fromVpn, in: 'eth0', source: '198.51.100.7' }).outcome).toBe('dropped')
    await held(host, '[]')
    expect(host.send(fromVpn).outcome).toBe('dropped')
  })

  test('goes through JSON as the rest of a plan does', async () => {
    const host = fakeHost(withVpn)
    const made = await host.plan(shop('[wg0, 10.8.0.0/24]'), { backend })
    expect(String(made)).toContain('db of back from wg0')
    const read = planFromJson(JSON.stringify(made))
    expect(read.desired).toEqual(made.desired)
    await host.apply(read)
    expect(host.send(fromVpn).outcome).toBe('delivered')
  })

  test('stays when another project is planned, and when a repair brings rules back', async () => {
    const host = await held(fakeHost(withVpn), '[wg0]')
    const other = readCompose('services: {web: {ports: ["8080:80"]}}', {
      source: 'compose.yaml',
      project: 'other',
    })
    await host.apply(await host.plan(other, { backend }))
    expect(host.send(fromVpn).outcome).toBe('delivered')
    expect((await host.plan(shop('[wg0]'), { backend })).changes).toEqual([])
  })

  test('is told of where a foreign rule drops what it names', async () => {
    const dropped = {
      nft: 'table inet fw { chain f { type filter hook forward priority 5; iifname "wg0" drop; } }',
    }
    const host = await held(fakeHost(withVpn, dropped), '[wg0]')
    expect(host.send(fromVpn).outcome).toBe('dropped')
    const found = host
      .conflicts()
      .filter(({ kind, network }) => kind === 'NetworkDropped' && network === 'back')
    expect(found.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^Containers of network back cannot be reached from wg0\./),
    ])
  })

  test('is told of where a foreign rule drops SCTP alone', async () => {
    const dropped = {
      nft: 'table inet fw { chain f { type filter hook forward priority 5; iifname "wg0" meta l4proto sctp drop; } }',
    }
    const host = await held(fakeHost(withVpn, dropped), '[wg0]')
    expect(host.send(fromVpn).outcome).toBe('delivered')
    expect(host.send({ ...fromVpn, protocol: 'sctp' }).outcome).toBe('dropped')
    expect(host.conflicts().map(({ kind, network }) => [kind, network])).toEqual([['NetworkDropped', 'back']])
  })

  test('makes no conflict of a foreign rule that lets the same packets in', async () => {
    const accepting = {
      nft: 'table inet fw { chain f { type filter hook forward priority -200; iifname "wg0" meta mark set 1 accept; } }',
    }
    const host = await held(fakeHost(withVpn, accepting), '[wg0]')
    expect(host.conflicts()).toEqual([])
  })
})

describe('links that end', () => {
  const quiet: HostFacts = {
    ...smallHost,
    sysctls: {
      ...smallHost.sysctls,
      'net.bridge.bridge-nf-call-iptables': '0',
      'net.bridge.bridge-nf-call-ip6tables': '0',
    },
  }

  const linked = (links: string) =>
    readCompose(
      `services:
  web: {networks: {back: {ipv4_address: 10.65.0.2}}, links: [${links}]}
  db: {networks: {back: {ipv4_address: 10.65.0.3}}, expose: ["5432"]}
networks:
  back: {ipam: {config: [{subnet: 10.65.0.0/24}]}, driver_opts: {com.docker.network.bridge.enable_icc: "false"}}`,
      { source: 'compose.yaml', project: 'shop' },
    )

  const portsOf = ({ facts }: FakeHost): readonly unknown[] =>
    (facts.interfaces ?? [])
      .filter(({ alias }) => alias?.includes(' endpoint=') === true)
      .map(({ isolated }) => isolated)

  const withPorts = async (): Promise<FakeHost> => {
    const host = fakeHost(quiet)
    await host.apply(await host.plan(linked('')))
    await using live = await host.openHost({ project: 'other' })
    await live.attach({ network: 'shop/back', endpoint: 'web', netns: { name: 'web' } })
    await live.attach({ network: 'shop/back', endpoint: 'db', netns: { name: 'db' } })
    expect(portsOf(host)).toEqual([true, true])
    await host.apply(await host.plan(linked('db')))
    expect(portsOf(host)).toEqual([false, false])
    return host
  }

  test('have the ports isolated again by the next plan', async () => {
    const host = await withPorts()
    const made = await host.plan(linked(''))
    expect(made.conflicts).toEqual([])
    await host.apply(made)
    expect(portsOf(host)).toEqual([true, true])
    expect((await host.plan(linked(''))).changes).toEqual([])
  })

  test('or hooks that end have all ports isolated by the next attach', async () => {
    const host = await withPorts()
    host.drift.setSysctl('net.bridge.bridge-nf-call-iptables', '1')
    await host.apply(await host.plan(linked('')))
    expect(portsOf(host)).toEqual([false, false])
    host.drift.setSysctl('net.bridge.bridge-nf-call-iptables', '0')
    await using live = await host.openHost({ project: 'other' })
    await live.attach({ network: 'shop/back', endpoint: 'web', netns: { name: 'web' } })
    expect(portsOf(host)).toEqual([true, true])
    expect((await host.plan(linked(''))).changes).toEqual([])
  })
})

describe('a live host', () => {
  test('opens a network to an interface, a prefix and another network, and closes it again', async () => {
    const host = fakeHost(withVpn)
    await using live = await host.openHost({ project: 'shop', backend: 'nftables' })
    const { bridge: front } = await live.ensureNetwork('front', { ipv4: { subnet: '10.64.0.0/24' } })
    await live.ensureNetwork('back', {
      ipv4: { subnet: '10.65.0.0/24' },
      reachableFrom: [{ interface: 'wg0' }, { network: 'front' }],
    })
    await live.lease('back', 'db', { ip: '10.65.0.5' })
    await live.lease('front', 'web', { ip: '10.64.0.5' })
    expect(host.send(fromVpn).outcome).toBe('delivered')
    const inside = { ...fromVpn, in: front, source: '10.64.0.5' }
    expect(host.send(inside).outcome).toBe('delivered')
    await live.publish({ hostPort: 8080, to: { endpoint: 'db', port: 80 } })
    expect(host.send(fromVpn).outcome).toBe('delivered')
    await live.ensureNetwork('back', { reachableFrom: ['198.51.100.0/24'] })
    expect([host.send(fromVpn).outcome, host.send(inside).outcome]).toEqual(['dropped', 'dropped'])
    await live.ensureNetwork('back', { reachableFrom: [] })
    expect(host.send({ ...fromVpn, in: 'eth0', source: '198.51.100.7' }).outcome).toBe('dropped')
  })

  test('refuses a source that it cannot follow', async () => {
    await using live = await fakeHost(withVpn).openHost({ project: 'shop', backend: 'nftables' })
    await expect(live.ensureNetwork('back', { reachableFrom: [{ service: 'web' }] })).rejects.toThrow(
      /names the service web: a live host opens networks to interfaces, prefixes and other networks/,
    )
    await expect(live.ensureNetwork('back', { reachableFrom: ['wg0'] })).rejects.toThrow(
      /reachableFrom has "wg0" in it: expected a prefix/,
    )
  })
})
