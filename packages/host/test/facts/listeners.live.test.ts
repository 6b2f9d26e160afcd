import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { describeLive, makeNamespace, type Namespace } from '../live/namespace.ts'

describeLive('openListeners', () => {
  let host: Namespace
  beforeAll(() => {
    host = makeNamespace()
  })
  afterAll(() => host.remove())

  test('lists what listens on one port or several, by family, with the name of the process', async () => {
    const found = await host.node(`
      import { createServer } from 'node:net'
      import { createSocket } from 'node:dgram'
      import { once } from 'node:events'
      import { openListeners } from '@portolan/host'
      const servers = []
      for (const options of [{ port: 4000, host: '127.0.0.1' }, { port: 4001, host: '::' }, { port: 4002, host: '::1' }]) {
        servers.push(createServer().listen(options)); await once(servers.at(-1), 'listening') }
      const socket = createSocket('udp4').bind(4000, '0.0.0.0'); await once(socket, 'listening')
      const listeners = openListeners()
      const on = async (...asked) =>
        (await listeners.on(...asked)).map(({ address, port, process }) => [address, port, process].join(' ')).sort()
      report([
        await on('tcp', 4000, 'ip'), await on('tcp', 4000, 'ip6'), await on('udp', 4000, 'ip'),
        await on('tcp', 4001, 'ip'), await on('tcp', 4002, 'ip6'), await on('tcp', 4003, 'ip'),
        await on('sctp', 4000, 'ip'), await on('tcp', new Set([4000, 4001, 4005]), 'ip'), await on('udp', new Set([4000, 4001]), 'ip'),
      ])
      listeners.close(); socket.close(); for (const server of servers) server.close()`)
    expect(found).toEqual([
      ['127.0.0.1 4000 node'],
      [],
      ['0.0.0.0 4000 node'],
      [':: 4001 node'],
      ['::1 4002 node'],
      [],
      [],
      ['127.0.0.1 4000 node', ':: 4001 node'],
      ['0.0.0.0 4000 node'],
    ])
  })
})
