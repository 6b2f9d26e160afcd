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
      nft 'table inet t {
        chain o { type nat hook output priority -105;
          meta nfproto ipv4 udp dport 5353 dnat ip to 172.18.0.5:53; }; }'`)
    await host.node(`
      import { createSocket } from 'node:dgram'
      const send = (port) => new Promise((resolve) => {
        const socket = createSocket('udp4'); socket.send('x', port, '192.0.2.1', () => { socket.close(); resolve() }) })
      await send(5353)
      await send(7777)
      report()`)
  })
  afterAll(() => host.remove())

  test('a translated flow is told with what answers it, and no other', async () => {
    expect(await host.node(read({ protocol: 'udp', port: 5353 }, { protocol: 'udp', port: 7777 }))).toEqual([
      {
        protocol: 'udp',
        source: '192.0.2.1',
        sourcePort: expect.any(Number),
        destination: '192.0.2.1',
        destinationPort: 5353,
        answeredBy: { address: '172.18.0.5', port: 53 },
      },
    ])
  })

  test('of other ports and protocols there is nothing', async () => {
    expect(await host.node(read({ protocol: 'tcp', port: 5353 }, { protocol: 'udp', port: 53 }))).toEqual([])
    expect(await host.node(read())).toEqual([])
  })

  test('an ordinary user may not look', async () => {
    expect(await host.node(read({ protocol: 'udp', port: 5353 }), 'ordinary user')).toBe('PermissionError')
  })
})
