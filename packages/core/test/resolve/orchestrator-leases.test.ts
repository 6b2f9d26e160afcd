import { describe, expect, test } from '@jest/globals'
import {
  acquireAddress,
  acquirePort,
  acquireSubnet,
  commitLeases,
  emptyLeases,
  type Lease,
  type LeaseState,
  leaseKey,
  leaseState,
  listLeases,
  parseLease,
  readCompose,
  resolve,
} from '@portolan/core'

const intentOf = (services: string, networks = 'web: {}') =>
  readCompose(`name: shop\nnetworks: {${networks}}\nservices: {${services}}`, { source: 'compose.yaml' })

const a = 'a: {networks: [web]}'
const b = 'b: {networks: [web], ports: ["80"]}'
const on = { project: 'shop', network: 'web' }
const task = { project: 'shop', service: 'task', replica: 1 }

/** Plans and commits, as apply does. */
const settle = (leases: LeaseState, intent = intentOf(a)) => {
  const answer = resolve(intent, {}, { leases })
  return { answer, leases: commitLeases(leases, answer.leases).state }
}

const held = (state: LeaseState): readonly string[] =>
  listLeases(state)
    .filter((lease) => lease.kind !== 'address' || lease.released === null)
    .map(leaseKey)

const takeAddress = (state: LeaseState, holder = task, address: string | null = null) =>
  acquireAddress(state, {
    on,
    holder,
    subnet: '172.17.0.0/16',
    gateway: '172.17.42.1',
    ipRange: null,
    address,
    mac: null,
  })

describe('a lease that an orchestrator took with the name of a project', () => {
  test('survives every plan of that project: address, port, and the subnet of a network no file names', () => {
    let { leases } = settle(emptyLeases, intentOf(`${a}, ${b}`))
    leases = takeAddress(leases).state
    leases = acquirePort(leases, {
      holder: { ...task, network: 'web', containerPort: 80 },
      protocol: 'tcp',
      range: { first: 40000, last: 40010 },
      isTaken: () => false,
    }).state
    leases = acquireSubnet(leases, {
      kind: 'subnet',
      project: 'shop',
      network: 'tasks',
      family: 'ip',
      subnet: '10.9.0.0/16',
      gateway: '10.9.0.1',
      movedFrom: null,
    }).state
    const taken = ['address/shop/web/ip/172.17.0.3', 'port/tcp/40000', 'subnet/shop/tasks/ip']
    expect(held(leases)).toEqual(expect.arrayContaining(taken))
    const { answer, leases: after } = settle(leases)
    expect(held(after)).toEqual(expect.arrayContaining(taken))
    // Leases that plans made for b are released all the same.
    expect(answer.leases.changes.map(({ key }) => key).sort()).toEqual([
      'address/shop/web/ip/172.17.0.2',
      'port/tcp/32768',
    ])
    expect(settle(after).answer.leases.changes).toEqual([])
  })

  test('is not given to anybody else', () => {
    const { state } = takeAddress(emptyLeases)
    const { answer } = settle(state, intentOf(`${a}, ${b}`))
    expect(answer.desired.endpoints.map(({ ip }) => ip)).toEqual(['172.17.0.2', '172.17.0.3'])
    expect(() =>
      settle(
        state,
        intentOf(
          'a: {networks: {web: {ipv4_address: 172.17.0.1}}}',
          'web: {ipam: {config: [{subnet: 172.17.0.0/16, gateway: 172.17.42.1}]}}',
        ),
      ),
    ).toThrow(
      /asks for 172\.17\.0\.1 on network web, which is leased to task of project shop: ask for another address/,
    )
  })

  test('keeps the subnet of a network that the file no longer has, and no other network gets it', () => {
    const leases = takeAddress(settle(emptyLeases).leases).state
    const other = intentOf('c: {networks: [data]}', 'data: {}')
    const { answer, leases: after } = settle(leases, other)
    expect(answer.subnets.map(({ subnet }) => subnet)).toEqual(['10.0.0.0/16'])
    expect(held(after)).toEqual(
      expect.arrayContaining(['subnet/shop/web/ip', 'address/shop/web/ip/172.17.0.2', 'subnet/shop/data/ip']),
    )
    // Without the lease, the same plan may use the subnet.
    expect(settle(settle(emptyLeases).leases, other).answer.subnets[0]?.subnet).toBe('172.17.0.0/16')
  })

  test('for an endpoint that a file names too is used by the plan, and stays when the file no longer names it', () => {
    const { state } = takeAddress(emptyLeases, { ...task, service: 'b' }, '172.17.0.77')
    const { answer, leases } = settle(state, intentOf(`${a}, ${b}`))
    expect(answer.desired.endpoints.map(({ ip }) => ip)).toEqual(['172.17.0.1', '172.17.0.77'])
    expect(held(settle(leases).leases)).toContain('address/shop/web/ip/172.17.0.77')
  })

  test('may come and go while a plan waits to be applied', () => {
    const { leases } = settle(emptyLeases)
    const answer = resolve(intentOf(a), {}, { leases: takeAddress(leases).state })
    expect(() => commitLeases(leases, answer.leases)).not.toThrow()
  })
})

describe('a lease that a plan took', () => {
  test('is one that plans give up, though an orchestrator asked for it again', () => {
    const { leases } = settle(emptyLeases, intentOf(`${a}, ${b}`))
    const again = takeAddress(leases, { ...task, service: 'b' })
    expect(again.changes).toEqual([])
    expect(held(settle(again.state).leases)).not.toContain(leaseKey(again.result))
  })

  test('is marked, and the mark survives the store; a store of an earlier version is read without it', () => {
    const { leases } = settle(emptyLeases, intentOf(b))
    const stored = listLeases(leases).map((lease) => JSON.parse(JSON.stringify(lease)))
    expect(stored.map(({ planned }) => planned)).toEqual([true, true, true])
    expect(stored.map(parseLease)).toEqual(listLeases(leases))
    expect(parseLease({ ...stored[0], planned: false })).toBeNull()
    const early = stored
      .map(({ planned: _, ...lease }) => parseLease(lease))
      .filter((lease): lease is Lease => lease !== null)
    expect(early).toHaveLength(3)
    // It is unknown which program made them. Wanted ones stay in use, and the others stay leased.
    const old = leaseState(early)
    expect(settle(old, intentOf(b)).answer.leases.changes).toEqual([])
    expect(held(settle(old).leases)).toEqual(expect.arrayContaining([...held(old)]))
  })
})
