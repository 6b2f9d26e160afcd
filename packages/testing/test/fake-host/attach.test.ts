import { describe, expect, test } from '@jest/globals'
import { readCompose } from '@portolan/core'
import { fakeHost } from '../../src/index.ts'

const client = { family: 'ip', in: 'eth0', source: '198.51.100.7', protocol: 'tcp' } as const
const blue = { name: 'blue' } as const

const opened = async () => {
  const fake = fakeHost()
  const host = await fake.openHost({ project: 'shop' })
  await host.ensureNetwork('web', { pool: 'classic', ipv6: true })
  return { fake, host }
}

const code = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: { code: string }) => error.code,
  )

describe('attach on a simulated host', () => {
  test('gives a namespace addresses, a MAC, the MTU and default routes; its port delivers', async () => {
    const { fake, host } = await opened()
    const { ip, ip6, mac } = await host.attach({ network: 'web', endpoint: 'web-1', netns: blue })
    const [inside] = fake.interfacesIn(blue)
    expect(inside).toMatchObject({ name: 'eth0', up: true, mac, mtu: 1500 })
    expect(inside?.addresses).toEqual([`${ip}/16`, `${ip6}/64`])
    expect(inside?.defaultRoutes.map(({ metric }) => metric)).toEqual([0, 1024])
    await host.publish({ hostPort: 8080, to: { endpoint: 'web-1', port: 80 } })
    expect(fake.send({ ...client, destination: '192.0.2.2', destinationPort: 8080 }).outcome).toBe(
      'delivered',
    )
    const port = fake.facts.interfaces?.find(({ alias = '' }) => alias.includes('endpoint=web-1'))
    expect(port).toMatchObject({ master: host.networks()[0]?.bridge, hairpin: true, isolated: false })
  })

  test('again changes nothing, and for another namespace it is refused', async () => {
    const { fake, host } = await opened()
    const request = { network: 'web', endpoint: 'web-1', netns: blue }
    const first = await host.attach(request)
    const before = [fake.facts, fake.interfacesIn(blue)]
    expect(await host.attach(request)).toEqual(first)
    expect([fake.facts, fake.interfacesIn(blue)]).toEqual(before)
    expect(await code(host.attach({ ...request, netns: { pid: 7 } }))).toBe('ENDPOINT_ATTACHED')
    expect(fake.interfacesIn({ pid: 7 })).toEqual([])
  })

  test('a name that is taken inside gives the new lease back', async () => {
    const { host } = await opened()
    await host.attach({ network: 'web', endpoint: 'web-1', netns: blue })
    expect(await code(host.attach({ network: 'web', endpoint: 'web-2', netns: blue }))).toBe('APPLY')
    expect(host.endpoints().map(({ service }) => service)).toEqual(['web-1'])
  })

  test('a namespace that ends takes the interface along, and detach gives the rest up', async () => {
    const { fake, host } = await opened()
    const { ip } = await host.attach({ network: 'web', endpoint: 'web-1', netns: blue })
    await host.publish({ hostPort: 8080, to: { endpoint: 'web-1', port: 80 } })
    const before = fake.facts.interfaces?.length ?? 0
    fake.endNamespace(blue)
    expect(fake.facts.interfaces).toHaveLength(before - 1)
    expect((await host.attach({ network: 'web', endpoint: 'web-1', netns: blue })).ip).toBe(ip)
    await host.detach('web-1')
    await host.detach('web-1')
    expect([host.endpoints(), host.published(), fake.interfacesIn(blue)]).toEqual([[], [], []])
    await host.removeNetwork('web')
  })

  test('an address that an attached endpoint gave up goes to no other one until that is off it', async () => {
    const { fake, host } = await opened()
    const one = { network: 'web', endpoint: 'web-1', netns: blue }
    const two = { network: 'web', endpoint: 'web-2', netns: { name: 'green' } }
    await host.attach({ ...one, address: '172.17.0.8' })
    await host.lease('web', 'web-1', { ip: '172.17.0.9' })
    const refused = /172\.17\.0\.8 of network web is on the interface of web-1, .* \(portolan detach web-1\)/
    await expect(host.lease('web', 'web-2', { ip: '172.17.0.8' })).rejects.toThrow(refused)
    await expect(host.attach({ ...two, address: '172.17.0.8' })).rejects.toThrow(refused)
    fake.endNamespace(blue)
    expect(await host.attach(one)).toMatchObject({ ip: '172.17.0.9' })
    expect(await host.attach({ ...two, address: '172.17.0.8' })).toMatchObject({ ip: '172.17.0.8' })
    await host.detach('web-2')
    await host.detach('web-1')
    expect(await host.attach({ ...two, address: '172.17.0.9' })).toMatchObject({ ip: '172.17.0.9' })
  })

  test('with another address than it is attached with it is refused until it is detached', async () => {
    const { fake, host } = await opened()
    const request = { network: 'web', endpoint: 'web-1', netns: blue }
    await host.attach({ ...request, address: '172.17.0.8' })
    await host.lease('web', 'web-1', { ip: '172.17.0.9' })
    const before = fake.interfacesIn(blue)
    await expect(host.attach(request)).rejects.toMatchObject({
      code: 'ENDPOINT_ATTACHED',
      message: expect.stringMatching(
        /has 172\.17\.0\.9\/16 and .*, and eth0 in the network namespace of name blue has 172\.17\.0\.8\/16 instead\..* \(portolan detach web-1\)/,
      ),
    })
    expect(fake.interfacesIn(blue)).toEqual(before)
    await host.detach('web-1', { keepLease: true })
    await host.attach(request)
    expect(fake.interfacesIn(blue)[0]?.addresses).toContain('172.17.0.9/16')
  })

  test('what cannot be met is refused, and changes nothing', async () => {
    const { fake, host } = await opened()
    await host.ensureNetwork('four', { pool: 'docker' })
    const request = { network: 'four', endpoint: 'web-1', netns: blue }
    await expect(host.attach({ ...request, address6: 'fd00::9' })).rejects.toThrow(
      /web-1 cannot have the address fd00::9: network four has no IPv6\. Leave that address out/,
    )
    await expect(host.lease('four', 'web-1', { ip6: 'fd00::9' })).rejects.toThrow(
      /web-1 cannot have the address fd00::9: network four has no IPv6\. Leave that address out/,
    )
    expect([host.endpoints(), fake.interfacesIn(blue)]).toEqual([[], []])
    await host.attach({ ...request, mtu: 1400 })
    expect(await host.attach({ ...request, mtu: 1400 })).toMatchObject({ interface: 'eth0' })
    await expect(host.attach({ ...request, mtu: 1300 })).rejects.toThrow(
      /web-1 is attached with the MTU 1400, and 1300 is asked for: detach it first/,
    )
  })

  test('a metric that a default route of the namespace has is refused, and leaves nothing', async () => {
    const { fake, host } = await opened()
    await host.ensureNetwork('db', { ipv6: true })
    await host.attach({ network: 'web', endpoint: 'web-1', netns: blue, metric: 5 })
    const before = fake.interfacesIn(blue)
    const second = { network: 'db', endpoint: 'web-1', netns: blue, interface: 'eth1' }
    await expect(host.attach({ ...second, metric: 5 })).rejects.toThrow(
      /metric 5: the network namespace of name blue has one of that metric already \(default via 172\.17\.42\.1 dev eth0\)\. Give another metric/,
    )
    expect(fake.interfacesIn(blue)).toEqual(before)
    expect(host.endpoints()).toHaveLength(1)
    expect(await host.attach({ ...second, metric: 6 })).toMatchObject({ interface: 'eth1' })
    expect(await host.attach({ ...second, metric: 6 })).toMatchObject({ interface: 'eth1' })
  })

  test('a plan’s new MAC, and the new gateway of its network, come to the interface with the next attach', async () => {
    const fake = fakeHost()
    const host = await fake.openHost({ project: 'other' })
    const apply = async (gateway: string, mac: string): Promise<void> => {
      const text = `{name: shop, services: {web: {networks: {front: {mac_address: "${mac}"}}}},
        networks: {front: {ipam: {config: [{subnet: 10.9.0.0/24, gateway: ${gateway}}]}}}}`
      await fake.apply(await fake.plan(readCompose(text, { source: 'compose.yaml' })))
    }
    const request = { network: 'shop/front', endpoint: 'web', netns: blue }
    const found = async (): Promise<unknown> => {
      await host.attach(request)
      return fake.interfacesIn(blue).map(({ mac, defaultRoutes }) => [mac, defaultRoutes])
    }
    await apply('10.9.0.1', '02:42:00:00:00:01')
    expect(await found()).toEqual([['02:42:00:00:00:01', [{ gateway: '10.9.0.1', metric: 0 }]]])
    await apply('10.9.0.254', '02:42:00:00:00:02')
    expect(await found()).toEqual([['02:42:00:00:00:02', [{ gateway: '10.9.0.254', metric: 0 }]]])
  })

  test('says so where a network that ports lead to does not give the default route', async () => {
    const { host } = await opened()
    await host.ensureNetwork('db', {})
    const web = { network: 'web', endpoint: 'web-1', netns: blue, interface: 'eth1' }
    const db = { network: 'db', endpoint: 'web-1', netns: blue }
    await host.attach(db)
    const { ip } = await host.attach(web)
    expect(await host.attach(web)).not.toHaveProperty('notes')
    await host.publish({
      hostPort: 5353,
      protocol: 'udp',
      to: { endpoint: 'web-1', network: 'web', port: 53 },
    })
    const noted = [
      `Published ports lead to ${ip} on eth1, and eth0 gives the default route there: clients get no answer over UDP from a program that listens on all addresses, and the process does not reach its own ports by way of the host. Give eth1 the lowest metric: attach the network of eth0 again with a higher one (metric, --metric).`,
    ]
    expect(await host.attach(web)).toMatchObject({ notes: noted })
    expect(await host.attach(db)).toMatchObject({ notes: noted })
    expect(await host.attach({ ...db, metric: 9 })).not.toHaveProperty('notes')
    expect(await host.attach(web)).not.toHaveProperty('notes')
    expect(await host.attach({ ...web, defaultRoute: false })).toMatchObject({
      notes: [...noted, expect.stringContaining('nothing gives a default route there')],
    })
  })

  test('a namespace is on one network twice, by two endpoints; one of them goes alone', async () => {
    const { fake, host } = await opened()
    const on = (endpoint: string, name: string) =>
      host.attach({ network: 'web', endpoint, netns: blue, interface: name })
    const [first, second] = [await on('web-1@eth0', 'eth0'), await on('web-1@net1', 'net1')]
    expect([first.mac === second.mac, first.ip === second.ip, first.ip6 === second.ip6]).toEqual([
      false,
      false,
      false,
    ])
    expect(
      fake.interfacesIn(blue).map(({ defaultRoutes }) => defaultRoutes.map(({ metric }) => metric)),
    ).toEqual([
      [0, 1024],
      [1, 1025],
    ])
    await host.publish({ hostPort: 8081, to: { endpoint: 'web-1@net1', port: 80 } })
    expect(await on('web-1@eth0', 'eth0')).toEqual({
      ...first,
      notes: [second.ip, second.ip6].map(
        (address) =>
          `Published ports lead to ${address} on net1, and packets leave by eth0, which is on the same network: clients get no answer over UDP from a program that listens on all addresses. Let it listen on ${address}.`,
      ),
    })
    await host.detach('web-1@eth0')
    expect(fake.interfacesIn(blue).map(({ name }) => name)).toEqual(['net1'])
    expect(host.endpoints().map(({ service }) => service)).toEqual(['web-1@net1'])
    await host.close()
  })

  test('destroy removes both ends', async () => {
    const { fake, host } = await opened()
    await host.attach({ network: 'web', endpoint: 'web-1', netns: blue })
    await host.close()
    const { changes } = await fake.destroy({ project: 'shop' })
    expect(changes.map(({ operation }) => ('kind' in operation ? operation.kind : ''))).toContain(
      'delete-endpoint',
    )
    expect(fake.interfacesIn(blue)).toEqual([])
  })

  test('an option that there is not, or a value of the wrong kind, is named', async () => {
    const { host } = await opened()
    const request = { network: 'web', endpoint: 'web-1', netns: blue }
    for (const [wrong, message] of [
      [{ ...request, adress: '172.17.0.9' }, /adress/],
      [{ ...request, netns: { pid: 7, name: 'blue' } }, /\{ pid \}, \{ path \} or \{ name \}/],
      [{ ...request, mtu: 12 }, /68 to 65535/],
      [{ ...request, metric: -1 }, /4294967295/],
      [{ ...request, interface: 'all' }, /not all, default or lo/],
      [{ network: 'web', netns: blue }, /has no endpoint/],
    ] as const)
      await expect(host.attach(wrong as typeof request)).rejects.toThrow(message)
    await expect(host.detach('')).rejects.toThrow(/cannot name an endpoint/)
  })
})
