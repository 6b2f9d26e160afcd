import { describe, expect, test } from '@jest/globals'
import { readCompose } from '@portolan/core'
import { type FakeHost, fakeHost, smallHost } from '@portolan/testing'
import { fromJson } from '../../../../test/from-json.ts'

const namesOf = (host: FakeHost): readonly (string | undefined)[] =>
  (host.facts.interfaces ?? []).map(({ name }) => name)
const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'done',
    (error) => error.code,
  )

const onVlan = readCompose(
  `{name: shop, services: {web: {networks: [lan]}}, networks: {lan: {driver: macvlan,
     driver_opts: {parent: eth0.100}, ipam: {config: [{subnet: 203.0.113.0/24, gateway: 203.0.113.1}]}}}}`,
  { source: 'compose.yaml' },
)

const hostAddress =
  smallHost.interfaces?.find(({ name }) => name === 'eth0')?.addresses?.[0]?.split('/')[0] ?? ''

describe('a network on an interface of a simulated host', () => {
  test('has its VLAN made by apply and removed by destroy, and nothing is left to do in between', async () => {
    const host = fakeHost(smallHost)
    const before = host.facts
    const plan = await host.plan(onVlan, { backend: 'nftables' })
    expect(plan.changes.map(({ description }) => description)).toEqual([
      'Create eth0.100, VLAN 100 of eth0, for network lan.',
    ])
    await host.apply(plan)
    expect(host.facts.interfaces?.find(({ name }) => name === 'eth0.100')).toMatchObject({
      kind: 'vlan',
      up: true,
      alias: 'portolan project=shop link=vlan',
    })
    expect((await host.plan(onVlan, { backend: 'nftables' })).changes).toEqual([])
    await host.destroy({ project: 'shop' })
    expect(host.facts).toEqual(before)
  })

  test('is applied from its JSON as it was planned', async () => {
    const host = fakeHost(smallHost)
    const plan = await host.plan(onVlan, { backend: 'nftables' })
    const stored = fromJson<{ readonly parented: unknown; readonly addresses: unknown }>(JSON.stringify(plan))
    expect(stored.parented).toEqual([
      expect.objectContaining({
        name: 'lan',
        parent: 'eth0.100',
        ip: { subnet: '203.0.113.0/24', gateway: '203.0.113.1' },
      }),
    ])
    expect(stored.addresses).toEqual([expect.objectContaining({ service: 'web', address: '203.0.113.2' })])
  })

  test('is made, joined, left and removed by a live host, with a VLAN of its own', async () => {
    const host = fakeHost(smallHost)
    const live = await host.openHost({ project: 'lab', backend: 'nftables' })
    const netns = { name: 'blue' }
    const options = { parent: 'eth0.7', ipv4: { subnet: '203.0.113.0/24' } } as const
    await live.ensureParentedNetwork('lan', options)
    expect(await live.ensureParentedNetwork('lan', options)).toMatchObject({ parent: 'eth0.7' })
    expect(namesOf(host)).toContain('eth0.7')
    const attached = await live.attach({ network: 'lan', endpoint: 'c', netns })
    expect(attached).toMatchObject({ ip: '203.0.113.2', interface: 'eth0' })
    expect(await live.attach({ network: 'lan', endpoint: 'c', netns })).toEqual(attached)
    expect(await codeOf(live.attach({ network: 'lan', endpoint: 'd', netns }))).toBe('APPLY')
    expect(await codeOf(live.removeNetwork('lan'))).toBe('NETWORK_IN_USE')
    expect(
      await codeOf(
        live.attach({ network: 'lan', endpoint: 'e', netns: { name: 'red' }, address: hostAddress }),
      ),
    ).toBe('INVALID_REQUEST')
    expect(await codeOf(live.ensureNetwork('lan'))).toBe('INVALID_REQUEST')
    expect(await codeOf(live.detach('c'))).toBe('ENDPOINT_ATTACHED')
    await live.detach('c', { netns })
    await live.removeNetwork('lan')
    expect(namesOf(host)).not.toContain('eth0.7')
    expect(await codeOf(live.attach({ network: 'lan', endpoint: 'c', netns }))).toBe('INVALID_REQUEST')
    await live.close()
  })

  test('is left by an endpoint beside another network of the same parent and subnet', async () => {
    const live = await fakeHost(smallHost).openHost({ project: 'lab', backend: 'nftables' })
    const options = { parent: 'eth0', ipv4: { subnet: '203.0.113.0/24' } } as const
    for (const name of ['one', 'two']) await live.ensureParentedNetwork(name, options)
    for (const network of ['one', 'two']) {
      const netns = { name: network }
      await live.attach({ network, endpoint: network, netns })
      await live.detach(network, { netns })
      expect(await codeOf(live.attach({ network, endpoint: `${network}-2`, netns }))).toBe('done')
    }
    await live.close()
  })

  test.each([
    ['macvlan', ', mac_address: "02:42:00:00:00:07"'],
    ['ipvlan', ''],
  ])(
    'of %s names the address that an interface has still where a file gives another',
    async (driver, mac) => {
      const host = fakeHost(smallHost)
      const live = await host.openHost({ project: 'other', backend: 'nftables' })
      const netns = { name: 'blue' }
      const request = { network: 'shop/lan', endpoint: 'web', netns }
      const apply = async (address: string): Promise<void> => {
        const text = `{name: shop, services: {web: {networks: {lan: {ipv4_address: ${address}${mac}}}}}, networks: {lan:
        {driver: ${driver}, driver_opts: {parent: eth0}, ipam: {config: [{subnet: 203.0.113.0/24, gateway: 203.0.113.1}]}}}}`
        await host.apply(await host.plan(readCompose(text, { source: 'compose.yaml' })))
      }
      await apply('203.0.113.7')
      expect(await live.attach(request)).toMatchObject({ ip: '203.0.113.7' })
      await expect(live.attach({ ...request, mtu: 1400 })).rejects.toThrow(
        'endpoint web is attached with the MTU 1500, and 1400 is asked for: detach it first',
      )
      await apply('203.0.113.8')
      await expect(live.attach(request)).rejects.toMatchObject({
        code: 'ENDPOINT_ATTACHED',
        message: expect.stringMatching(
          /has 203\.0\.113\.8\/24, and eth0 in .* has 203\.0\.113\.7\/24 instead\. .* \(portolan detach web -p shop --netns \.\.\.\)/,
        ),
      })
      expect(host.interfacesIn(netns)[0]?.addresses).toEqual(['203.0.113.7/24'])
      await live.detach('web', { network: 'shop/lan', netns })
      expect(await live.attach(request)).toMatchObject({ ip: '203.0.113.8' })
      expect(host.interfacesIn(netns)[0]?.addresses).toEqual(['203.0.113.8/24'])
      const destroyed = await codeOf(host.destroy({ project: 'shop' }))
      expect(destroyed).toBe(driver === 'macvlan' ? 'ENDPOINT_ATTACHED' : 'done')
      host.endNamespace(netns)
      expect(await codeOf(host.destroy({ project: 'shop' }))).toBe('done')
      await live.close()
    },
  )

  test('is told by status, as what is attached is, and goes by its own name in what is said', async () => {
    const host = fakeHost(smallHost)
    const live = await host.openHost({ project: 'lab', backend: 'nftables' })
    await live.ensureNetwork('web', { pool: 'classic', ipv6: true })
    await live.ensureParentedNetwork('lan', { parent: 'eth0', ipv4: { subnet: '203.0.113.0/24' } })
    const one = await live.attach({ network: 'web', endpoint: 'a', netns: { name: 'blue' } })
    await live.attach({ network: 'lan', endpoint: 'b', netns: { name: 'red' } })
    const { parented, endpoints } = await live.status({ conflicts: false })
    expect(parented).toEqual([
      {
        project: 'lab',
        name: 'lan',
        driver: 'macvlan',
        parent: 'eth0',
        subnets: ['203.0.113.0/24'],
        up: true,
      },
    ])
    const bridge = live.networks()[0]?.bridge
    const addresses = [one.ip, one.ip6]
    const of = (network: string, endpoint: string) => ({ project: 'lab', network, endpoint })
    expect(endpoints).toEqual([
      { ...of('lan', 'b'), addresses: ['203.0.113.2'], interface: null, bridge: null, up: null },
      { ...of('web', 'a'), addresses, interface: expect.stringMatching(/^ve-/), bridge, up: true },
    ])
    const red = { netns: { name: 'red' }, interface: 'eth1' }
    await expect(
      live.attach({ network: 'lan', endpoint: 'c', ...red, address: '203.0.113.2' }),
    ).rejects.toThrow(/^203\.0\.113\.2 on eth0 is leased to b of project lab/)
    await expect(live.attach({ network: 'nowhere', endpoint: 'c', ...red })).rejects.toThrow(
      'there is no network "lab/nowhere" of ours on this host (there are lab/web, lab/lan)',
    )
    await live.close()
  })

  test.each(['', ', mac_address: "02:42:00:00:00:07"'])(
    'keeps what an interface has still from others, until that is gone (%p)',
    async (mac) => {
      const host = fakeHost(smallHost)
      const live = await host.openHost({ project: 'other', backend: 'nftables' })
      const apply = async (address: string): Promise<void> => {
        const text = `{name: shop, services: {web: {networks: {lan: {ipv4_address: ${address}${mac}}}}}, networks: {lan:
          {driver: macvlan, driver_opts: {parent: eth0}, ipam: {config: [{subnet: 203.0.113.0/29, gateway: 203.0.113.1}]}}}}`
        await host.apply(await host.plan(readCompose(text, { source: 'compose.yaml' })))
      }
      const of = (endpoint: string, name: string) => ({ network: 'shop/lan', endpoint, netns: { name } })
      await apply('203.0.113.2')
      await live.attach(of('web', 'blue'))
      await apply('203.0.113.3')
      await expect(live.attach(of('web', 'blue'))).rejects.toMatchObject({ code: expect.any(String) })
      await expect(live.attach(of('web', 'green'))).rejects.toMatchObject({ code: 'ENDPOINT_ATTACHED' })
      await expect(live.attach({ ...of('a', 'red'), address: '203.0.113.2' })).rejects.toThrow(
        /^203\.0\.113\.2 on eth0 is on the interface of web, .* \(portolan detach web\)/,
      )
      const given = []
      for (const name of ['a', 'b', 'c']) given.push((await live.attach(of(name, name))).ip)
      expect(given).toEqual(['203.0.113.4', '203.0.113.5', '203.0.113.6'])
      expect(await codeOf(live.attach(of('d', 'd')))).toBe('SUBNET_EXHAUSTED')
      host.endNamespace({ name: 'blue' })
      expect(await live.attach(of('d', 'd'))).toMatchObject({ ip: '203.0.113.2' })
      expect(await live.attach(of('web', 'green'))).toMatchObject({ ip: '203.0.113.3' })
      await live.close()
    },
  )

  test('picks no address that is leased on another interface, which may lead to the same wire', async () => {
    const host = fakeHost(smallHost)
    const live = await host.openHost({ project: 'lab', backend: 'nftables' })
    for (const [name, parent] of [
      ['one', 'eth0'],
      ['two', 'eth0.7'],
    ] as const)
      await live.ensureParentedNetwork(name, { parent, ipv4: { subnet: '203.0.113.0/24' } })
    const ipOf = async (network: string, endpoint: string, more = {}): Promise<string | null> =>
      (await live.attach({ network, endpoint, netns: { name: endpoint }, ...more })).ip
    expect([await ipOf('one', 'a'), await ipOf('two', 'b'), await ipOf('one', 'c')]).toEqual([
      '203.0.113.2',
      '203.0.113.3',
      '203.0.113.4',
    ])
    const text = `{name: shop, services: {web: {networks: [lan]}}, networks: {lan:
      {driver: macvlan, driver_opts: {parent: eth0.9}, ipam: {config: [{subnet: 203.0.113.0/24, gateway: 203.0.113.1}]}}}}`
    const { addresses } = await host.plan(readCompose(text, { source: 'compose.yaml' }))
    expect(addresses.map(({ address }) => address)).toEqual(['203.0.113.5'])
    // Two wires may use the same subnet, so the requested address is given.
    expect(await ipOf('two', 'd', { address: '203.0.113.2' })).toBe('203.0.113.2')
    await live.close()
  })

  test('shares no namespace with another network of its subnet', async () => {
    const host = fakeHost(smallHost)
    const live = await host.openHost({ project: 'lab', backend: 'nftables' })
    const netns = { name: 'blue' }
    for (const [name, parent] of [
      ['one', 'eth0'],
      ['two', 'eth0.7'],
    ] as const)
      await live.ensureParentedNetwork(name, { parent, ipv4: { subnet: '203.0.113.0/24' } })
    await live.attach({ network: 'one', endpoint: 'c', netns })
    const before = host.interfacesIn(netns)
    await expect(
      live.attach({ network: 'two', endpoint: 'c', netns, interface: 'eth1' }),
    ).rejects.toMatchObject({ code: 'NAMESPACE_OVERLAP' })
    expect(host.interfacesIn(netns)).toEqual(before)
    await live.close()
  })

  test('of ipvlan gives containers the MAC address of the interface', async () => {
    const facts = {
      ...smallHost,
      interfaces: (smallHost.interfaces ?? []).map((link) =>
        link.name === 'eth0' ? { ...link, mac: '02:00:00:00:00:01' } : link,
      ),
    }
    const host = fakeHost(facts)
    const live = await host.openHost({ project: 'lab', backend: 'nftables' })
    await live.ensureParentedNetwork('lan', {
      parent: 'eth0',
      driver: { kind: 'ipvlan', mode: 'l2', flag: 'bridge' },
      ipv4: { subnet: '203.0.113.0/24', ipRange: '203.0.113.64/26' },
    })
    expect(await live.attach({ network: 'lan', endpoint: 'c', netns: { name: 'blue' } })).toMatchObject({
      ip: '203.0.113.64',
    })
    await live.close()
  })
})
