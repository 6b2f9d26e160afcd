import { describe, expect, test } from '@jest/globals'
import {
  acquireSubnet,
  endpointPortName,
  type LeaseStore,
  leasedSubnets,
  listLeases,
  memoryLeaseStore,
} from '@portolan/core'
import { partOf } from '../../../../test/part-of.ts'
import type { DockerParts } from '../../src/docker/docker-parts.ts'
import { giveBack, keepAddress, releaseAddress, requestAddress } from '../../src/docker/ipam/addresses.ts'
import { handOver, releasePool } from '../../src/docker/ipam/pools.ts'
import { restore } from '../../src/docker/restore.ts'

const PoolID = '10.0.0.0/16'
const gatewayOptions = { RequestAddressType: 'com.docker.network.gateway' }
const pool = { family: 'ip', subnet: PoolID } as const

interface HostStub {
  readonly networks?: readonly object[]
  readonly endpoints?: readonly object[]
  readonly deeds?: string[]
}

const partsOf = (
  leases: LeaseStore,
  { networks = [], endpoints = [], deeds = [] }: HostStub = {},
): DockerParts =>
  partOf<DockerParts>({
    leases,
    // All containers run.
    links: {
      readEndpointLink: async () => ({ namespace: 1, hasCarried: true }),
      hasNamespace: async () => true,
    },
    unused: new Set(),
    givenUp: new Map(),
    host: {
      networks: () => networks,
      endpoints: () => endpoints,
      ensureNetwork: async (name: string) => void deeds.push(`ensure ${name}`),
      removeNetwork: async (name: string) => void deeds.push(`remove ${name}`),
      detach: async (name: string) => void deeds.push(`detach ${name}`),
    },
  })

const held = async (leases: LeaseStore): Promise<readonly string[]> =>
  listLeases(await leases.read()).flatMap((lease) =>
    lease.kind === 'address' && lease.released === null ? [lease.address] : [],
  )

const withPool = async (): Promise<LeaseStore> => {
  const leases = memoryLeaseStore()
  await leases.transact((state) =>
    acquireSubnet(state, {
      kind: 'subnet',
      project: 'docker',
      network: 'pool-10.0.0.0-16',
      family: 'ip',
      subnet: PoolID,
      gateway: '10.0.42.1',
      movedFrom: null,
    }),
  )
  return leases
}

describe('addresses of a pool', () => {
  test('are the gateway of the pool, then the lowest, and one that was released comes last', async () => {
    const leases = await withPool()
    const parts = partsOf(leases)
    const ask = async (id: string, more: object = {}): Promise<string> =>
      (await requestAddress(parts, { PoolID, ...more }, id)).Address
    expect(await ask('1', { Options: gatewayOptions })).toBe('10.0.42.1/16')
    expect(await ask('2')).toBe('10.0.0.1/16')
    await releaseAddress(parts, { PoolID, Address: '10.0.0.1' })
    await releaseAddress(parts, { PoolID, Address: '10.0.0.1' })
    expect(await ask('3')).toBe('10.0.0.2/16')
    expect(await ask('4', { Address: '10.0.7.7' })).toBe('10.0.7.7/16')
    await expect(ask('5', { Address: '10.0.7.7' })).rejects.toThrow('10.0.7.7')
    await expect(ask('6', { Address: '10.1.0.1' })).rejects.toThrow('10.1.0.1 is no address')
    expect(await ask('7', { PoolID: `${PoolID},10.0.9.0/30` })).toBe('10.0.9.0/16')
  })

  test('go with the pool, and with the call that was killed', async () => {
    const leases = await withPool()
    const parts = partsOf(leases)
    await requestAddress(parts, { PoolID, Options: gatewayOptions }, '1')
    await requestAddress(parts, { PoolID }, '2')
    await giveBack(parts, { PoolID }, '2')
    expect(await held(leases)).toEqual(['10.0.42.1'])
    await releasePool(parts, { PoolID })
    expect(listLeases(await leases.read())).toEqual([])
  })

  test('that the start gave up stay with the next container, when the release of the ended one comes late', async () => {
    const deeds: string[] = []
    const next = { network: 'web', service: 'next', ip: '10.0.0.1', ip6: null }
    const leases = await withPool()
    const parts = partsOf(leases, {
      networks: [{ name: 'web', ip: { subnet: PoolID }, ip6: null }],
      endpoints: [next],
      deeds,
    })
    await requestAddress(parts, { PoolID, Options: gatewayOptions }, '1')
    await keepAddress(parts, pool, '10.0.0.1', 'next')
    parts.givenUp.set('10.0.0.1', { ...next, service: 'ended', replica: 1, mac: '' })
    const release = { PoolID, Address: '10.0.0.1' }
    await releaseAddress(parts, release)
    expect([deeds, await held(leases)]).toEqual([[], ['10.0.0.1', '10.0.42.1']])
    await releaseAddress(parts, release)
    expect([deeds, await held(leases)]).toEqual([['detach next'], ['10.0.42.1']])
  })

  test('of a pool that is not known any more have it leased again', async () => {
    const leases = memoryLeaseStore()
    expect(
      (await requestAddress(partsOf(leases), { PoolID: 'fd00::/64', Options: gatewayOptions }, '1')).Address,
    ).toBe('fd00::1/64')
    expect(leasedSubnets(await leases.read()).map(({ subnet }) => subnet)).toEqual(['fd00::/64'])
  })

  test('that an endpoint has are kept where the pool is of this driver, and not where it is not', async () => {
    const leases = await withPool()
    const parts = partsOf(leases)
    await keepAddress(parts, pool, '10.0.0.5', 'web')
    expect(await held(leases)).toEqual([])
    await requestAddress(parts, { PoolID, Options: gatewayOptions }, '1')
    await keepAddress(parts, pool, '10.0.0.5', 'web')
    expect((await held(leases)).toSorted()).toEqual(['10.0.0.5', '10.0.42.1'])
  })
})

describe('a start of the plugin', () => {
  const network = { name: 'web', ip: { subnet: PoolID }, ip6: null }

  test('gives up a pool without a gateway, and addresses that no endpoint has', async () => {
    const leases = await withPool()
    await restore(partsOf(leases), new Set())
    expect(listLeases(await leases.read())).toEqual([])

    const used = await withPool()
    const parts = partsOf(used, {
      networks: [network],
      endpoints: [{ service: 'one', network: 'web', ip: '10.0.0.1', ip6: null }],
    })
    await requestAddress(parts, { PoolID, Options: gatewayOptions }, '1')
    await requestAddress(parts, { PoolID, Address: '10.0.0.1' }, '2')
    await requestAddress(parts, { PoolID }, '3')
    await restore(parts, new Set())
    expect((await held(used)).toSorted()).toEqual(['10.0.0.1', '10.0.42.1'])
  })

  test('keeps every address of a pool whose network another driver made', async () => {
    const leases = await withPool()
    const parts = partsOf(leases)
    await requestAddress(parts, { PoolID, Options: gatewayOptions }, '1')
    await requestAddress(parts, { PoolID }, '2')
    await restore(parts, new Set())
    expect(await held(leases)).toHaveLength(2)
  })

  test('gives up what ended containers had, and not what dockerd moves or joins next', async () => {
    const deeds: string[] = []
    const told: string[] = []
    const links: Readonly<Record<string, object | null>> = {
      runs: { namespace: 1, hasCarried: true },
      ending: { namespace: 2, hasCarried: true },
      starts: { namespace: null, hasCarried: false },
      returned: { namespace: null, hasCarried: true },
      stuck: { namespace: null, hasCarried: true },
      vanished: null,
      joins: null,
    }
    const endpoints = Object.keys(links).map((service) => ({ service, network: 'web', ip: null, ip6: null }))
    const parts = partsOf(memoryLeaseStore(), { networks: [network], endpoints, deeds })
    const nameOf = new Map(
      Object.keys(links).map((endpoint) => [
        endpointPortName({ project: 'docker', network: 'web', endpoint }),
        endpoint,
      ]),
    )
    const seen = partOf<DockerParts>({
      ...parts,
      report: (text: string) => told.push(text),
      links: {
        readEndpointLink: async (name: string) => links[nameOf.get(name) ?? ''],
        hasNamespace: async (number: number) => number === 1,
      },
      host: {
        ...parts.host,
        detach: async (name: string) => {
          if (name === 'stuck') throw new Error('no')
          deeds.push(`detach ${name}`)
        },
      },
    })
    await restore(seen, new Set(['joins']))
    expect(deeds).toEqual(['detach ending', 'detach returned', 'detach vanished', 'ensure web'])
    expect(told).toEqual([
      'the container of endpoint ending of network web ended while this plugin did not serve Docker: its addresses and ports are free again.',
      expect.stringMatching(/endpoint returned of network web ended while/),
      'the container of endpoint stuck of network web ended while this plugin did not serve Docker, and what is left of it could not be removed: no',
      'the container of endpoint vanished of network web has no interface, as it ended while this plugin did not serve Docker, or is just starting: its addresses and ports are free until Docker calls for it.',
    ])
  })

  test('brings networks back, one that cannot be stops none', async () => {
    const deeds: string[] = []
    const told: string[] = []
    const parts = partsOf(memoryLeaseStore(), { networks: [network, { ...network, name: 'back' }], deeds })
    const failing = partOf<DockerParts>({
      ...parts,
      report: (text: string) => told.push(text),
      host: {
        ...parts.host,
        ensureNetwork: async (name: string) => {
          if (name === 'web') throw new Error('no')
          deeds.push(`ensure ${name}`)
        },
      },
    })
    await restore(failing, new Set())
    expect([deeds, told]).toEqual([['ensure back'], ['network web could not be brought back: no']])
  })
})

test('a subnet is handed to its network and back, and its addresses stay', async () => {
  const leases = await withPool()
  const parts = partsOf(leases)
  await requestAddress(parts, { PoolID, Options: gatewayOptions }, '1')
  const lease = {
    kind: 'subnet',
    project: 'docker',
    network: 'web',
    family: 'ip',
    subnet: PoolID,
    gateway: '10.0.42.1',
    movedFrom: null,
  } as const
  await leases.transact((state) => handOver(state, 'pool-10.0.0.0-16', lease))
  expect(leasedSubnets(await leases.read()).map((one) => one.network)).toEqual(['web'])
  await leases.transact((state) => handOver(state, 'web', { ...lease, network: 'pool-10.0.0.0-16' }))
  expect(leasedSubnets(await leases.read()).map((one) => one.network)).toEqual(['pool-10.0.0.0-16'])
  expect(await held(leases)).toEqual(['10.0.42.1'])
})

test('a network that was left on a pool goes when Docker gives the pool up', async () => {
  const deeds: string[] = []
  const parts = partsOf(await withPool(), {
    networks: [{ name: 'web', ip: { subnet: PoolID }, ip6: null }],
    endpoints: [{ service: 'one', network: 'web', ip: '10.0.0.1', ip6: null }],
    deeds,
  })
  await releasePool(parts, { PoolID })
  expect(deeds).toEqual(['detach one', 'remove web'])
})
