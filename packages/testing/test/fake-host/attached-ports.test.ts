import { describe, expect, test } from '@jest/globals'
import { fakeHost } from '@portolan/testing'
import { backends } from 'portolan/machine'
import { listen, opened } from './opened.ts'

describe.each(backends)('a live host on a simulated one, with %s', (backend) => {
  test('refuses to attach an interface that the host itself uses, and says what to do', async () => {
    const host = fakeHost()
    await using live = await opened(host, backend)
    host.addInterface('br-foreign', 'bridge')
    for (const name of ['veth1', 'veth2', 'veth3', 'wg0']) host.addInterface(name)
    const links = (host.facts.interfaces ?? []).map((link) =>
      link.name === 'veth1'
        ? { ...link, master: 'br-foreign' }
        : link.name === 'veth3'
          ? { ...link, addresses: ['fe80::1/64', '169.254.3.4/16'] }
          : link,
    )
    const routes = [...(host.facts.routes ?? []), { destination: '10.8.0.0/24', interface: 'wg0' }]
    host.change({ interfaces: links, routes })
    const refused = (name: string) => expect(live.attachPort(name, 'web')).rejects
    await refused('eth0').toThrow(/eth0 cannot be attached to a network: it has the address 192\.0\.2\.2/)
    await refused('lo').toThrow('it is the loopback interface')
    await refused('br-foreign').toThrow('it is a bridge itself')
    await refused('veth1').toThrow("it is a port of br-foreign, which is not Portolan's. Release it first")
    await refused('wg0').toThrow('the route 10.8.0.0/24 leads through it')
    await refused('a\nb').toThrow('"a\\nb" cannot name an interface')
    await refused('all').toThrow('"all" cannot name an interface: the kernel keeps this name')
    await live.attachPort('veth2', 'web')
    await live.attachPort('veth2', 'web')
    await live.attachPort('veth3', 'web')
    const db = await live.ensureNetwork('db')
    await live.attachPort('veth3', 'db')
    expect(host.facts.interfaces).toContainEqual(
      expect.objectContaining({ name: 'veth3', master: db.bridge, hairpin: true }),
    )
    const [{ bridge = '' } = {}] = live.networks()
    await refused(bridge).toThrow('it is a bridge itself')
  })

  test('attaches a port again that another program released, and leaves one that it moved', async () => {
    const host = fakeHost()
    await using live = await opened(host, backend)
    host.addInterface('br-foreign', 'bridge')
    for (const name of ['veth1', 'veth2']) {
      host.addInterface(name)
      await live.attachPort(name, 'web')
    }
    const events = listen(live)
    await host.advance(1000)
    const master = (name: string, bridge: string | null): void =>
      host.change({
        interfaces: (host.facts.interfaces ?? []).map((link) =>
          link.name === name ? { ...link, master: bridge } : link,
        ),
      })
    master('veth2', 'br-foreign')
    await host.advance(1000)
    expect(events.map(({ kind }) => kind)).toEqual(['watching'])
    master('veth1', null)
    await host.advance(1000)
    const [{ bridge = '' } = {}] = live.networks()
    expect(events.at(-1)).toMatchObject({
      kind: 'drift',
      outcome: 'repaired',
      changes: [{ action: 'change', object: 'bridge port veth1' }],
      causes: [{ text: 'interface veth1 changed' }],
    })
    const masters = (host.facts.interfaces ?? []).map((link) => [link.name, link.master])
    expect(masters).toContainEqual(['veth1', bridge])
    expect(masters).toContainEqual(['veth2', 'br-foreign'])
    master('veth2', null)
    await host.advance(1000)
    expect(events).toHaveLength(2)
  })

  test('tells a released port once with check, and leaves it', async () => {
    const host = fakeHost()
    await using live = await opened(host, backend)
    host.addInterface('veth1')
    await live.attachPort('veth1', 'web')
    const events = listen(live, { check: true })
    await host.advance(1000)
    host.change({
      interfaces: (host.facts.interfaces ?? []).map((link) =>
        link.name === 'veth1' ? { ...link, master: null } : link,
      ),
    })
    await host.advance(60_000)
    expect(events.slice(1)).toMatchObject([
      { kind: 'drift', outcome: 'reported', changes: [{ object: 'bridge port veth1' }] },
    ])
    expect(host.facts.interfaces).toContainEqual(expect.objectContaining({ name: 'veth1', master: null }))
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
})
