import { describe, expect, test } from '@jest/globals'
import { type FakeHost, fakeHost } from '@portolan/testing'
import { backends, type HostEvent, type LiveHost } from 'portolan/machine'

const client = {
  family: 'ip',
  in: 'eth0',
  source: '198.51.100.7',
  destination: '192.0.2.2',
  destinationPort: 8080,
  protocol: 'tcp',
} as const

const web = { hostPort: 8080, to: { endpoint: 'web-1', port: 80 } } as const

const opened = async (host: FakeHost, backend: (typeof backends)[number]): Promise<LiveHost> => {
  const live = await host.openHost({ backend, project: 'shop' })
  await live.ensureNetwork('web', { pool: 'classic' })
  await live.lease('web', 'web-1')
  return live
}

/** The events of a watch, as they come. */
const listen = (live: LiveHost): HostEvent[] => {
  const events: HostEvent[] = []
  const take = async (): Promise<void> => {
    for await (const event of live.watch()) events.push(event)
  }
  void take()
  return events
}

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

  test('moves what is attached to a network to its bridge of another name', async () => {
    const host = fakeHost()
    await using live = await opened(host, backend)
    host.addInterface('veth1')
    await live.attachPort('veth1', 'web')
    await live.ensureNetwork('web', { bridge: 'br-new' })
    expect(host.facts.interfaces).toContainEqual(
      expect.objectContaining({ name: 'veth1', master: 'br-new', hairpin: true }),
    )
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
    await host.advance(1000)
    const found = events.map((event) => (event.kind === 'conflict' ? event.conflict.kind : event.kind))
    expect(found).toContain('ForwardDropped')
    host.foreign.iptables('')
    await host.advance(1000)
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
