import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { describeLive, makeNamespace, type Namespace } from '../live/namespace.ts'

const read = (...ports: readonly object[]): string =>
  `import { readFlows } from '@portolan/host'; report(await readFlows(${JSON.stringify(ports)}).catch((error) => error.name))`

describeLive('readFlows', () => {
  let host: Namespace
  beforeAll(async () => {
    host = makeNamespace()
    host.sh(`
      ip addr add 192.0.2.1/24 dev lo
      ip addr add 172.18.0.5/16 dev lo
      ip addr add 2001:db8::1/64 dev lo nodad
      ip addr add fd00::5/64 dev lo nodad
      nft 'table inet t {
        chain o { type nat hook output priority -105;
          meta nfproto ipv4 udp dport 5353 dnat ip to 172.18.0.5:53
          meta nfproto ipv6 udp dport 5353 dnat ip6 to [fd00::5]:53; }; }'
      # On a busy machine the tests below take longer than the 30 s that the kernel keeps a flow of one packet.
      sysctl -qw net.netfilter.nf_conntrack_udp_timeout=600`)
    await host.node(`
      import { createSocket } from 'node:dgram'
      const send = (type, port, address) => new Promise((resolve) => {
        const socket = createSocket(type); socket.send('x', port, address, () => { socket.close(); resolve() }) })
      await send('udp4', 5353, '192.0.2.1')
      await send('udp4', 7777, '192.0.2.1')
      await send('udp6', 5353, '2001:db8::1')
      report()`)
  })
  afterAll(() => host.remove())

  test('translated flows of both families are told with what answers them, and no other', async () => {
    const flow = (address: string, answering: string) => ({
      protocol: 'udp',
      source: address,
      sourcePort: expect.any(Number),
      destination: address,
      destinationPort: 5353,
      answeredBy: { address: answering, port: 53 },
    })
    const found = await host.node(read({ protocol: 'udp', port: 5353 }, { protocol: 'udp', port: 7777 }))
    expect(found).toHaveLength(2)
    // The kernel lists them as they lie in its table.
    expect(found).toEqual(
      expect.arrayContaining([flow('192.0.2.1', '172.18.0.5'), flow('2001:db8::1', 'fd00::5')]),
    )
  })

  test('of other ports and protocols there is nothing', async () => {
    expect(await host.node(read({ protocol: 'tcp', port: 5353 }, { protocol: 'udp', port: 53 }))).toEqual([])
    expect(await host.node(read())).toEqual([])
  })

  test('at most a thousand flows are read', async () => {
    // Each socket has a source port of its own, so each packet begins a flow.
    await host.node(`
      import { createSocket } from 'node:dgram'
      for (let count = 0; count < 1_050; count += 1)
        await new Promise((resolve) => {
          const socket = createSocket('udp4')
          socket.send('x', 5353, '192.0.2.1', () => socket.close(resolve)) })
      report()`)
    expect(await host.node(read({ protocol: 'udp', port: 5353 }))).toHaveLength(1000)
  })

  test('an ordinary user may not look', async () => {
    expect(await host.node(read({ protocol: 'udp', port: 5353 }), 'ordinary user')).toBe('PermissionError')
  })
})
