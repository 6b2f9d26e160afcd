import { describe, expect, test } from '@jest/globals'
import { fakeHost, smallHost } from '@portolan/testing'
import { backends, type LiveHost } from 'portolan/machine'
import { listen, opened } from './opened.ts'

const client = {
  family: 'ip',
  in: 'eth0',
  source: '198.51.100.7',
  destination: '192.0.2.2',
  destinationPort: 8080,
  protocol: 'tcp',
} as const

const web = { hostPort: 8080, to: { endpoint: 'web-1', port: 80 } } as const

describe.each(backends)('a live host on a simulated one, with %s', (backend) => {
  test('makes networks, leases, publishes and takes back', async () => {
    const host = fakeHost()
    await using live = await opened(host, backend)
    expect(live.networks()).toMatchObject([{ name: 'web', ip: { subnet: '172.17.0.0/16' } }])
    expect(live.endpoints()).toMatchObject([{ service: 'web-1', ip: '172.17.0.1' }])
    await live.publish([web, { hostPort: 'auto', protocol: 'udp', to: { endpoint: 'web-1', port: 53 } }])
    expect(live.published().map(({ hostPort }) => hostPort)).toEqual([8080, 32768])
    expect(host.send(client)).toMatchObject({ outcome: 'delivered', to: { service: 'web-1', port: 80 } })
    host.addInterface('veth1')
    await live.attachPort('veth1', 'web')
    expect(host.facts.interfaces?.at(-1)).toMatchObject({ name: 'veth1', hairpin: true, up: true })
    const { mappings, conflicts } = await live.status()
    expect(mappings.map(({ hostPort, drift }) => [hostPort, drift])).toEqual([
      [8080, 'none'],
      [32768, 'none'],
    ])
    expect(conflicts).toEqual([])
    await expect(live.removeNetwork('web')).rejects.toThrow('has an endpoint')
    await live.unpublish({ endpoint: 'web-1' })
    await live.release('web', 'web-1')
    await live.removeNetwork('web')
    expect({ published: live.published(), networks: live.networks() }).toEqual({
      published: [],
      networks: [],
    })
    expect(host.send(client).outcome).toBe('local')
  })

  test('names of a port that several containers share those alone that it still leads to', async () => {
    const host = fakeHost()
    await using live = await opened(host, backend)
    for (const name of ['web-2', 'web-3']) await live.lease('web', name)
    const shared = ['web-1', 'web-2', 'web-3'].map((endpoint) => ({ endpoint, port: 80 }))
    await live.publish({ hostPort: 8080, to: shared })
    const labels = async (): Promise<readonly string[]> => [
      ...live.published().map(({ label }) => label),
      ...(await live.status()).mappings.map(({ mapping, drift }) => `${mapping} ${drift}`),
    ]
    await live.release('web', 'web-1')
    const two = '0.0.0.0:8080/tcp -> web-2:80 and web-3:80'
    expect(await labels()).toEqual([two, `${two} none`])
    await live.unpublish({ endpoint: 'web-3' })
    const one = '0.0.0.0:8080/tcp -> web-2:80'
    expect(await labels()).toEqual([one, `${one} none`])
  })

  test('publishes again to the last container of those that shared a port by weight', async () => {
    const host = fakeHost()
    await using live = await opened(host, backend)
    await live.lease('web', 'web-2')
    const last = { endpoint: 'web-2', port: 80, weight: 2 } as const
    await live.publish({ hostPort: 8080, to: [{ endpoint: 'web-1', port: 80, weight: 3 }, last] })
    await live.unpublish({ endpoint: 'web-1' })
    for (const to of [last, { endpoint: 'web-2', port: 80 }])
      expect(await live.publish({ hostPort: 8080, to })).toMatchObject([
        { label: '0.0.0.0:8080/tcp -> web-2:80' },
      ])
    expect((await live.status()).mappings).toMatchObject([{ drift: 'none' }])
  })

  test('chooses a port of its own for containers that share one, whatever each of them has alone', async () => {
    const host = fakeHost()
    await using live = await opened(host, backend)
    await live.lease('web', 'web-2')
    const to = ['web-1', 'web-2'].map((endpoint) => ({ endpoint, port: 80 }))
    const chosen = async (request: Parameters<LiveHost['publish']>[0]): Promise<readonly string[]> =>
      (await live.publish(request)).map(({ label }) => label)
    const shared = ['0.0.0.0:32768/tcp -> web-1:80 and web-2:80']
    expect(await chosen({ hostPort: 'auto', to })).toEqual(shared)
    expect(await chosen({ hostPort: 'auto', to: to.slice(0, 1) })).toEqual(['0.0.0.0:32769/tcp -> web-1:80'])
    expect(await chosen({ hostPort: 'auto', to })).toEqual(shared)
    const others = [
      { endpoint: 'web-1', port: 80 },
      { endpoint: 'web-2', port: 81 },
    ] as const
    expect(await chosen({ hostPort: 'auto', to: others })).toEqual([
      '0.0.0.0:32770/tcp -> web-1:80 and web-2:81',
    ])
    // Containers with one name on several networks are different containers.
    for (const network of ['db', 'cache']) {
      await live.ensureNetwork(network, { pool: 'classic' })
      await live.lease(network, 'web-1')
    }
    const across = async (network: string): Promise<number | undefined> => {
      const both = ['web', network].map((on) => ({ network: on, endpoint: 'web-1', port: 80 }))
      return (await live.publish({ hostPort: 'auto', to: both }))[0]?.hostPort
    }
    expect([await across('db'), await across('cache')]).toEqual([32771, 32772])
    await live.release('web', 'web-1')
    await live.lease('web', 'web-1')
    expect(await chosen({ hostPort: 'auto', to: to.slice(0, 1) })).toEqual(['0.0.0.0:32769/tcp -> web-1:80'])
  })

  test('says of which containers no host port is free, each port once', async () => {
    const sysctls = { ...smallHost.sysctls, 'net.ipv4.ip_local_port_range': '40000 40000' }
    const host = fakeHost({ ...smallHost, sysctls })
    await using live = await opened(host, backend)
    await live.lease('web', 'web-2')
    await live.publish({ hostPort: 'auto', to: { endpoint: 'web-1', port: 443 } })
    const refused = (ports: readonly number[]) =>
      live.publish({ hostPort: 'auto', to: ports.map((port, at) => ({ endpoint: `web-${at + 1}`, port })) })
    for (const [ports, told] of [
      [[80], 'web-1'],
      [[80, 80], 'web-1 and web-2'],
      [[80, 81], 'web-1 and web-2:81'],
    ] as const)
      await expect(refused(ports)).rejects.toMatchObject({
        code: 'PORTS_EXHAUSTED',
        message: expect.stringContaining(`No host port is free for port 80/tcp of ${told}: all of 40000`),
      })
  })

  test('publishes for one family where the host address is every one of it, and takes that back alone', async () => {
    const host = fakeHost()
    await using live = await host.openHost({ backend, project: 'shop' })
    await live.ensureNetwork('web', { ipv6: true })
    await live.lease('web', 'web-1')
    const families = (): readonly string[] => live.published().map(({ family }) => family)
    await live.publish({ ...web, hostAddress: '0.0.0.0' })
    expect(families()).toEqual(['ip'])
    await live.publish({ ...web, hostAddress: '::' })
    await live.unpublish({ hostPort: 8080, hostAddress: '0.0.0.0' })
    expect(families()).toEqual(['ip6'])
    await live.unpublish({ hostPort: 8080, hostAddress: '::' })
    expect(families()).toEqual([])
  })

  test('refuses an option of watch and status that there is not, and a signal that is none', async () => {
    await using live = await opened(fakeHost(), backend)
    const options = (value: object): never => value as never
    expect(() => live.watch(options({ chek: true }))).toThrow('no "chek"')
    expect(() => live.watch(options({ signal: 1 }))).toThrow('signal in the options of watch is 1')
    await expect(live.status(options({ conflict: false }))).rejects.toThrow('no "conflict"')
  })

  test('refuses a port that a process of the host listens on', async () => {
    const host = fakeHost()
    host.change({ sockets: [{ protocol: 'tcp', address: '0.0.0.0', port: 8080, process: 'caddy' }] })
    await using live = await opened(host, backend)
    await expect(live.publish(web)).rejects.toThrow('caddy')
    await live.publish({ ...web, force: true })
    expect(host.send(client).outcome).toBe('delivered')
  })

  test('repairs drift as simulated time goes on, and tells of it and of conflicts', async () => {
    const host = fakeHost()
    await using live = await opened(host, backend)
    await live.publish(web)
    const events = listen(live)
    await host.advance(1000)
    expect(events.map(({ kind }) => kind)).toEqual(['watching'])
    if (backend === 'iptables-legacy') host.drift.flushIptables('iptables-legacy')
    else host.drift.flushRuleset()
    expect(host.send(client).outcome).toBe('local')
    await host.advance(1000)
    expect(events.map(({ kind }) => kind)).toEqual(['watching', 'drift'])
    expect(events[1]).toMatchObject({ outcome: 'repaired' })
    expect(host.send(client).outcome).toBe('delivered')
    host.foreign.iptables(
      '*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A FORWARD -p tcp -m tcp --dport 80 -j DROP\nCOMMIT\n',
    )
    await host.advance(2000)
    expect(events.map(({ kind }) => kind)).not.toContain('conflict')
    // Another program may be at work for some seconds. What lasts is told.
    await host.advance(2000)
    const found = events.map((event) => (event.kind === 'conflict' ? event.conflict.kind : event.kind))
    expect(found).toContain('ForwardDropped')
    host.foreign.iptables('')
    await host.advance(4000)
    expect(events.at(-1)).toMatchObject({ kind: 'conflict-gone' })
  })

  test('finds what was wanted when it is opened again, and refuses a plan of its project', async () => {
    const host = fakeHost()
    {
      await using live = await opened(host, backend)
      await live.publish(web)
    }
    await using again = await host.openHost({ backend, project: 'shop' })
    expect(again.published()).toHaveLength(1)
    expect((await again.lease('web', 'web-1')).ip).toBe('172.17.0.1')
    const intent = { project: 'shop', networks: [], endpoints: [], mappings: [], notes: [] }
    await expect(host.plan(intent)).rejects.toThrow('held by a live host')
    const { complete } = await host.destroy({ project: 'shop' })
    expect(complete).toBe(true)
  })
})
