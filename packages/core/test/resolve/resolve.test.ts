import { describe, expect, test } from '@jest/globals'
import type { HostFacts } from '@portolan/netfilter'
import { bridgeAlias, bridgeName } from '../../src/contract/index.ts'
import type { NetworkIntent } from '../../src/intent/index.ts'
import { leaseState } from '../../src/lease/index.ts'
import { PoolExhaustedError, parsePool } from '../../src/pool/index.ts'
import { type ResolveOptions, resolve } from '../../src/resolve/index.ts'
import { endpointIntent, intent, mappingIntent, networkIntent, place, subnetIntent } from './intent.ts'

const settle = (wish: Partial<NetworkIntent>, facts: HostFacts = {}, options: ResolveOptions = {}) =>
  resolve(intent({ networks: [networkIntent(wish)] }), facts, options)

const networkOf = (wish: Partial<NetworkIntent>, facts?: HostFacts, options?: ResolveOptions) =>
  settle(wish, facts, options).desired.networks[0]

describe('a network of an intent', () => {
  test('is settled whole', () => {
    expect(networkOf({ mtu: 1400, ip6: subnetIntent({ subnet: 'fd00::/64' }) })).toEqual({
      name: 'web',
      bridge: bridgeName('shop', 'web'),
      external: false,
      internal: false,
      icc: true,
      mtu: 1400,
      ip: { subnet: '172.17.0.0/16', gateway: '172.17.42.1', mode: 'nat', masquerade: true },
      ip6: { subnet: 'fd00::/64', gateway: 'fd00::1', mode: 'nat', masquerade: true },
    })
  })

  test.each<[string, Partial<NetworkIntent>, object]>([
    ['keeps the bridge name it asks for', { bridge: 'br0' }, { bridge: 'br0' }],
    ['without IPv4 has none', { ip: null }, { ip: null }],
    [
      'in mode isolated has no gateway',
      { internal: true, ip: subnetIntent({ mode: 'isolated' }) },
      { ip: { subnet: '172.17.0.0/16', gateway: null, mode: 'isolated', masquerade: false } },
    ],
    [
      'in mode routed is not masqueraded',
      { ip: subnetIntent({ mode: 'routed' }) },
      { ip: { mode: 'routed', masquerade: false } },
    ],
    [
      'in mode nat-unprotected is',
      { ip: subnetIntent({ mode: 'nat-unprotected' }) },
      { ip: { mode: 'nat-unprotected', masquerade: true } },
    ],
    ['that is internal is not', { internal: true }, { internal: true, ip: { masquerade: false } }],
    ['with masquerade off is not', { masquerade: false }, { ip: { masquerade: false } }],
    ['with icc off says so', { icc: false }, { icc: false }],
    [
      'gets the subnet and gateway it asks for',
      { ip: subnetIntent({ subnet: '10.1.0.0/24', gateway: '10.1.0.254' }) },
      { ip: { subnet: '10.1.0.0/24', gateway: '10.1.0.254' } },
    ],
    [
      'gets a subnet of the pools it names',
      { pools: ['docker'] },
      { ip: { subnet: '172.17.0.0/16', gateway: '172.17.0.1' } },
    ],
    ['gets one of its own pool', { pools: ['10.9.0.0/16:24'] }, { ip: { subnet: '10.9.0.0/24' } }],
  ])('%s', (_, wish, expected) => {
    expect(networkOf(wish)).toMatchObject(expected)
  })

  test("gets a subnet of the caller's pools, after what is reserved, before what is allowed", () => {
    const options = { pools: [parsePool('10.9.0.0/16:24')] }
    const facts = { routes: [{ destination: '10.9.0.0/24', interface: 'wg0' }] }
    const pick = (more: ResolveOptions): string | undefined =>
      networkOf({}, facts, { ...options, ...more })?.ip?.subnet
    expect(pick({})).toBe('10.9.1.0/24')
    expect(pick({ reserve: ['10.9.1.0/24'] })).toBe('10.9.2.0/24')
    expect(pick({ allow: ['10.9.0.0/24'] })).toBe('10.9.0.0/24')
    const leased = { kind: 'subnet', project: 'shop', network: 'web', family: 'ip', movedFrom: null } as const
    const leases = leaseState([{ ...leased, subnet: '10.9.7.0/24', gateway: '10.9.7.1' }])
    expect(pick({ leases })).toBe('10.9.7.0/24')
  })

  test('that finds no subnet is an error', () => {
    const full = { pools: [parsePool('10.9.0.0/24:24')], reserve: ['10.9.0.0/24'] }
    expect(() => networkOf({}, {}, full)).toThrow(PoolExhaustedError)
  })
})

describe('a network that has its bridge already', () => {
  const held: HostFacts = {
    interfaces: [
      {
        name: bridgeName('shop', 'web'),
        alias: bridgeAlias({ project: 'shop', network: 'web' }),
        addresses: ['10.42.42.1/16'],
      },
    ],
  }

  test('keeps its subnet and gateway', () => {
    const { desired, subnets, conflicts } = settle({}, held)
    expect(desired.networks[0]?.ip).toMatchObject({ subnet: '10.42.0.0/16', gateway: '10.42.42.1' })
    expect(subnets).toMatchObject([{ origin: 'held' }])
    expect(conflicts).toEqual([])
  })

  test('says what came to overlap it', () => {
    const vpn = { ...held, routes: [{ destination: '10.42.7.0/24', interface: 'wg0' }] }
    expect(settle({}, vpn).conflicts).toMatchObject([
      { kind: 'SubnetOverlap', severity: 'error', mapping: null, network: 'web' },
    ])
  })
})

describe('the name of a bridge', () => {
  const conflictsWith = (alias: string | undefined, more: Partial<NetworkIntent>[] = []) =>
    resolve(
      intent({
        networks: [networkIntent({ bridge: 'br0' }), ...more.map(networkIntent)],
        endpoints: [],
      }),
      {
        interfaces: [{ name: 'br0', ...(alias === undefined ? {} : { alias }), addresses: ['10.3.0.1/24'] }],
      },
    ).conflicts.map(({ kind, network }) => `${kind} ${network}`)

  test.each<[string, string | undefined, readonly string[]]>([
    ['may be that of its own bridge', bridgeAlias({ project: 'shop', network: 'web' }), []],
    [
      'may be that of a network of this project that is gone: the old bridge goes first',
      bridgeAlias({ project: 'shop', network: 'old' }),
      [],
    ],
    [
      'may not be that of another project',
      bridgeAlias({ project: 'blog', network: 'web' }),
      ['BridgeNameTaken web'],
    ],
    ['may not be one that is not ours', 'uplink', ['BridgeNameTaken web']],
    ['may not be that of an interface without an alias', undefined, ['BridgeNameTaken web']],
  ])('%s', (_, alias, expected) => {
    expect(conflictsWith(alias)).toEqual(expected)
  })

  test('may not be that of an external network', () => {
    const shared = { name: 'shared', external: true, externalName: 'br0' }
    expect(conflictsWith(bridgeAlias({ project: 'shop', network: 'shared' }), [shared])).toEqual([
      'BridgeNameTaken web',
    ])
  })
})

describe('a resolution', () => {
  const facts: HostFacts = {
    sockets: [{ protocol: 'tcp', address: '0.0.0.0', port: 8080, process: 'nginx' }],
  }
  const whole = intent({
    endpoints: [endpointIntent(), endpointIntent({ service: 'api' })],
    mappings: [mappingIntent('8080:80'), mappingIntent('8080:80', { service: 'api' })],
    notes: [{ text: 'something to know', place }],
  })

  test('keeps the notes of the intent, before its own', () => {
    expect(resolve(whole, facts).notes).toEqual(whole.notes)
  })

  test('has every conflict of the intent and of the host', () => {
    expect(resolve(whole, facts).conflicts.map(({ kind }) => kind)).toEqual([
      'DuplicateHostPort',
      'HostPortTaken',
    ])
  })

  test('is the same for the same intent and facts', () => {
    expect(JSON.stringify(resolve(whole, facts))).toBe(JSON.stringify(resolve(whole, facts)))
  })

  test('guards forwarding when asked', () => {
    expect(resolve(whole, facts).desired.guardForwarding).toBe(false)
    expect(resolve(whole, facts, { guardForwarding: true }).desired.guardForwarding).toBe(true)
  })
})

describe('a network that is renamed', () => {
  const renamed = intent({ networks: [networkIntent({ name: 'front' })], endpoints: [] })
  const old = (project: string): HostFacts => ({
    interfaces: [
      { name: 'br-old', alias: bridgeAlias({ project, network: 'web' }), addresses: ['172.17.42.1/16'] },
    ],
    routes: [{ destination: '172.17.0.0/16', interface: 'br-old', table: 254, type: 'unicast' }],
  })
  const subnetOn = (facts: HostFacts, wanted = renamed) =>
    resolve(wanted, facts).subnets.map(({ subnet }) => subnet)

  test('keeps its subnet: the old bridge goes before the new one comes', () => {
    expect(subnetOn(old('shop'))).toEqual(['172.17.0.0/16'])
  })

  test("does not get the subnet of another project's bridge", () => {
    expect(subnetOn(old('blog'))).toEqual(['10.0.0.0/16'])
  })

  test('does not get it from a bridge of its own that stays as an external network', () => {
    const networks = [networkIntent({ name: 'front' }), networkIntent({ external: true, bridge: 'br-old' })]
    expect(subnetOn(old('shop'), intent({ networks, endpoints: [] }))).toEqual(['10.0.0.0/16'])
  })
})

describe('a port bound to an address of the host', () => {
  const bound = (address: string, facts: HostFacts) =>
    resolve(intent({ mappings: [mappingIntent(`${address}:8080:80`)] }), facts).notes.map(({ text }) => text)
  const eth0 = { interfaces: [{ name: 'eth0', addresses: ['192.0.2.2/24'] }] }

  test('that no interface has is worth a note, with its place', () => {
    expect(bound('192.0.2.9', eth0)).toEqual([
      'No interface of this host has the address 192.0.2.9, so 192.0.2.9:8080/tcp -> nginx:80 cannot be reached until one does.',
    ])
  })

  test.each<[string, string, HostFacts]>([
    ['is there', '192.0.2.2', eth0],
    ['is loopback', '127.0.0.5', eth0],
    ['is the gateway of a network that comes', '172.17.42.1', eth0],
    [
      'is local by a route',
      '192.0.2.9',
      { ...eth0, routes: [{ destination: '192.0.2.8/29', type: 'local' }] },
    ],
    ['cannot be looked up, since no interface is known', '192.0.2.9', {}],
  ])('that %s is not', (_, address, facts) => {
    expect(bound(address, facts)).toEqual([])
  })
})

describe('a port of one interface', () => {
  const mappings = [8080, 8081].map((port) => mappingIntent(`${port}:80`, { interface: 'wg0' }))
  const notes = (facts: HostFacts) => resolve(intent({ mappings }), facts).notes.map(({ text }) => text)
  const eth0 = { name: 'eth0', addresses: ['192.0.2.2/24'] }

  test('that the host does not have is worth a note', () => {
    expect(notes({ interfaces: [eth0] })).toEqual([
      '0.0.0.0:8080/tcp on wg0 -> nginx:80 and 1 more: there is no interface wg0 on this host yet. The rules go by its name, and hold once it comes.',
    ])
  })

  test('that is a port of a bridge is worth a note: packets come in by the bridge', () => {
    expect(notes({ interfaces: [eth0, { name: 'br0' }, { name: 'wg0', master: 'br0' }] })).toEqual([
      '0.0.0.0:8080/tcp on wg0 -> nginx:80 and 1 more: wg0 is a port of br0, and its packets come in by br0, so no client reaches it. Name br0 to open to all its ports.',
    ])
  })

  test.each<[string, HostFacts]>([
    ['is there', { interfaces: [eth0, { name: 'wg0' }] }],
    ['is in a VRF', { interfaces: [eth0, { name: 'blue', kind: 'vrf' }, { name: 'wg0', master: 'blue' }] }],
    ['cannot be looked up, since no interface is known', {}],
  ])('that %s is not', (_, facts) => {
    expect(notes(facts)).toEqual([])
  })
})
