import { describe, expect, test } from '@jest/globals'
import type { EngineNetworkFact, HostFacts } from '@portolan/netfilter'
import type { EndpointIntent, NetworkIntent } from '../../src/intent/index.ts'
import { commitLeases, emptyLeases } from '../../src/lease/index.ts'
import { type ResolveOptions, resolve } from '../../src/resolve/index.ts'
import { endpointIntent, intent, mappingIntent, networkIntent, place } from './intent.ts'

const web: EngineNetworkFact = {
  engine: 'docker',
  name: 'web',
  subnets: ['10.77.0.0/24'],
  bridge: 'br-web',
  gateways: ['10.77.0.1'],
  used: [],
}
const bridge = { name: 'br-web', kind: 'bridge', up: true, addresses: ['10.77.0.1/24'] }
const port = { name: 'veth1', kind: 'veth', up: true, master: 'br-web' }
const onWeb = (endpoints: readonly Partial<EndpointIntent>[], network: Partial<NetworkIntent> = {}) =>
  intent({
    networks: [networkIntent({ external: true, externalName: 'web', ip: null, ...network })],
    endpoints: endpoints.map(endpointIntent),
    mappings: [],
  })
const settle = (
  facts: HostFacts,
  endpoints: readonly Partial<EndpointIntent>[] = [{}],
  options: ResolveOptions = {},
) => {
  const { desired, notes } = resolve(onWeb(endpoints), facts, options)
  return { addresses: desired.endpoints.map(({ ip }) => ip), notes: notes.map(({ text }) => text) }
}
const host = (network: Partial<EngineNetworkFact> = {}, more: HostFacts = {}): HostFacts => ({
  interfaces: [bridge, port],
  networks: [{ ...web, ...network }],
  ...more,
})

describe("a network of another engine, by the engine's own name for it", () => {
  test('has the gateway that the engine has chosen while its bridge is not there', () => {
    const { desired } = resolve(onWeb([]), { networks: [{ ...web, gateways: ['10.77.0.254'] }] })
    expect(desired.networks[0]).toMatchObject({
      bridge: 'br-web',
      external: true,
      ip: { subnet: '10.77.0.0/24', gateway: '10.77.0.254' },
    })
  })
  test('of two engines is the one that is up, or else has to be asked for by its bridge', () => {
    const podman = {
      engine: 'podman',
      name: 'web',
      subnets: ['10.89.0.0/24'],
      bridge: 'podman1',
      file: '/etc/web.json',
    }
    const facts = { networks: [web, podman] }
    expect(() => resolve(onWeb([]), facts)).toThrow(
      "the external network web is there twice: docker's network web has bridge br-web, and podman's network web (/etc/web.json) has bridge podman1. Name the bridge instead (`name: br-web` or `name: podman1`)",
    )
    const up = { name: 'podman1', kind: 'bridge', addresses: ['10.89.0.1/24'] }
    expect(resolve(onWeb([]), { ...facts, interfaces: [up] }).desired.networks[0]?.bridge).toBe('podman1')
    const twice = { networks: [web, { ...web, used: [{ address: '10.77.0.128' }] }] }
    expect(settle(twice).addresses).toEqual(['10.77.0.129'])
  })
  test('without a bridge is left to its engine with a note, and the rest is planned', () => {
    const { bridge: _, ...lan } = web
    const own = networkIntent({ name: 'own' })
    const both = {
      ...onWeb([{}, { service: 'db', network: 'own' }]),
      networks: [...onWeb([]).networks, own],
      mappings: [mappingIntent('80:80'), mappingIntent('81:81', { service: 'db', network: 'own' })],
    }
    const { desired, notes } = resolve(both, { networks: [lan] })
    expect(desired.networks.map(({ name }) => name)).toEqual(['own'])
    expect(desired.mappings.map(({ label }) => label)).toEqual(['0.0.0.0:81/tcp -> db:81'])
    expect(notes).toEqual([
      {
        text: "networks.web: docker's network web has no bridge that is known, so nothing is planned for it. Networks of macvlan, ipvlan and overlay have none. The ports of nginx are not published there. If it has one, name it among the `networks` of the facts (--host).",
        place,
      },
    ])
  })
})

describe('an address on a network of another engine', () => {
  test('is none that the engine gave to a container or keeps for something', () => {
    const used = [{ address: '10.77.0.128', by: 'c1' }, { address: '10.77.0.129' }]
    expect(settle(host({ used })).addresses).toEqual(['10.77.0.130'])
  })
  test('is none that a machine on the bridge answers for, and those on other links do not count', () => {
    const neighbours = [
      { address: '10.77.0.128', interface: 'br-web', state: 'stale' },
      { address: '10.77.0.129', interface: 'eth0', state: 'reachable' },
    ]
    expect(settle(host({}, { neighbours })).addresses).toEqual(['10.77.0.129'])
  })
  test("is the one that the project's own rules lead to, where no lease is kept: its own container answers there", () => {
    const facts = host({}, { neighbours: [{ address: '10.77.0.128', interface: 'br-web' }] })
    expect(settle(facts, [{}], { own: ['10.77.0.128'] }).addresses).toEqual(['10.77.0.128'])
    const used = [{ address: '10.77.0.128', by: 'c1' }]
    expect(settle(host({ used }), [{}], { own: ['10.77.0.128'] }).addresses).toEqual(['10.77.0.129'])
  })
  test('is none that a rule of another program translates to, and none of the bridge itself', () => {
    const second = { ...bridge, addresses: ['10.77.0.1/24', '10.77.0.129/24'] }
    const { addresses } = settle(host({}, { interfaces: [second, port] }), [{}], {
      translated: ['10.77.0.128'],
    })
    expect(addresses).toEqual(['10.77.0.130'])
  })
  test('is outside of what the engine hands out', () => {
    expect(settle(host({ ranges: ['10.77.0.0/25'] }))).toEqual({ addresses: ['10.77.0.128'], notes: [] })
    expect(settle(host({ ranges: ['10.77.0.100-10.77.0.254'] }))).toEqual({
      addresses: ['10.77.0.2'],
      notes: [],
    })
  })
  test('is in the upper half where the engine hands out the whole subnet, and the note says how to settle it', () => {
    expect(settle(host(), [{}, { service: 'api' }])).toEqual({
      addresses: ['10.77.0.128', '10.77.0.129'],
      notes: [
        'The address of nginx, api on the external network web is free, but docker does not know of it and may give it to a container later. Make that network with a range of its own (--ip-range of docker network create): Portolan picks addresses outside of it.',
      ],
    })
  })
  test('is none that libvirt gives to a guest where it has no DHCP, and its own way is named where it has', () => {
    const used = [{ address: '10.77.0.9', by: 'guest' }]
    expect(settle(host({ engine: 'libvirt', used })).notes).toEqual([])
    expect(settle(host({ engine: 'libvirt', used, ranges: ['10.77.0.2-10.77.0.254'] })).notes).toEqual([
      expect.stringContaining(
        'may give it to a guest later. Make that network with a range of its own (<range start="..." end="..."/> in <dhcp>, by virsh net-edit)',
      ),
    ])
  })
  test('is any that is free once nothing else is left', () => {
    const used = Array.from({ length: 127 }, (_, at) => ({ address: `10.77.0.${128 + at}` }))
    expect(settle(host({ used })).addresses).toEqual(['10.77.0.2'])
    const all = Array.from({ length: 254 }, (_, at) => ({ address: `10.77.0.${1 + at}` }))
    expect(() => settle(host({ used: all }))).toThrow(/No address is left for nginx in 10\.77\.0\.0\/24/)
  })
  test('is picked of IPv6 in the same way', () => {
    const facts = host({
      subnets: ['fd77::/64'],
      gateways: ['fd77::1'],
      used: [{ address: 'fd77:0:0:0:8000::' }],
    })
    const six = { ...facts, interfaces: [{ ...bridge, addresses: ['fd77::1/64'] }, port] }
    const { desired } = resolve(onWeb([{}]), six)
    expect(desired.endpoints[0]?.ip6).toBe('fd77::8000:0:0:1')
    const ranged = { ...six, networks: [{ ...web, subnets: ['fd77::/64'], ranges: ['fd77::2-fd77::ffff'] }] }
    expect(resolve(onWeb([{}]), ranged).desired.endpoints[0]?.ip6).toBe('fd77::1:0')
  })
  test('has to be named where other containers are there and no record of them could be read', () => {
    const { used: _, ...unread } = web
    const facts = { interfaces: [bridge, port], networks: [unread] }
    expect(() => settle(facts)).toThrow(
      'nginx needs ipv4_address on the external network web: other containers are on its bridge br-web, and the addresses that docker gave them could not be read, so an address of 10.77.0.0/24 that is picked may be in use. Name one that is free. Root may read those records, if this is another user.',
    )
    expect(settle(facts, [{ ip: '10.77.0.9' }]).addresses).toEqual(['10.77.0.9'])
    expect(settle({ ...facts, interfaces: [bridge] }).addresses).toEqual(['10.77.0.2'])
  })
  test("has to be named on a bridge of no engine too, where other machines' ports are on it", () => {
    const own = { ...bridge, name: 'br0' }
    const joined = (endpoints: readonly Partial<EndpointIntent>[], interfaces: HostFacts['interfaces']) =>
      resolve(
        intent({
          networks: [networkIntent({ external: true, externalName: 'br0' })],
          endpoints: endpoints.map(endpointIntent),
          mappings: [],
        }),
        interfaces === undefined ? {} : { interfaces },
      ).desired.endpoints[0]?.ip
    expect(() => joined([{}], [own, { ...port, master: 'br0' }])).toThrow(
      'other machines are on its bridge br0, and no engine has records of them',
    )
    expect(joined([{}], [own, port])).toBe('10.77.0.2')
  })
  test('that an endpoint holds stays with it, whatever is seen there and whatever can be read', () => {
    const first = resolve(onWeb([{}]), host())
    expect(first.desired.endpoints[0]?.ip).toBe('10.77.0.128')
    const { state: leases } = commitLeases(emptyLeases, first.leases)
    const seen = host({}, { neighbours: [{ address: '10.77.0.128', interface: 'br-web' }] })
    expect(settle(seen, [{}], { leases }).addresses).toEqual(['10.77.0.128'])
    const { used: _, ...unread } = web
    const blind = host({}, { networks: [unread] })
    expect(settle(blind, [{}], { leases }).addresses).toEqual(['10.77.0.128'])
    const given = settle(host({ used: [{ address: '10.77.0.128', by: 'c1' }] }), [{}], { leases })
    expect(given).toEqual({
      addresses: ['10.77.0.128'],
      notes: [expect.stringContaining('is in use there: docker gave it to c1')],
    })
  })
  test('that was released does not come back to its endpoint once another container has it', () => {
    const first = resolve(onWeb([{}]), host())
    const { state: taken } = commitLeases(emptyLeases, first.leases)
    const { state: leases } = commitLeases(taken, resolve(onWeb([]), host(), { leases: taken }).leases)
    expect(settle(host(), [{}], { leases }).addresses).toEqual(['10.77.0.128'])
    const used = [{ address: '10.77.0.128', by: 'c1' }]
    expect(settle(host({ used }), [{}], { leases }).addresses).toEqual(['10.77.0.129'])
  })
  test('that is named and in use is told, for it may be that very container', () => {
    const used = [{ address: '10.77.0.9', by: 'c1' }]
    expect(settle(host({ used }), [{ ip: '10.77.0.9' }]).notes).toEqual([
      '10.77.0.9, the address of nginx on the external network web, is in use there: docker gave it to c1. If that is another container, give nginx another address with ipv4_address (ipv6_address).',
    ])
  })
})
