import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { Docker } from '../../src/docker/open-docker.ts'
import { type PluginServer, servePlugin } from '../../src/docker/serve/serve-plugin.ts'

let folder = ''
const connections: Socket[] = []
const plugins: PluginServer[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portolan-serve-'))
})
afterEach(() => {
  for (const connection of connections.splice(0)) connection.destroy()
  for (const { server } of plugins.splice(0)) {
    server.close()
    server.closeAllConnections()
  }
  rmSync(folder, { recursive: true })
})

const serve = async (answer: Docker['answer']): Promise<PluginServer> => {
  const plugin = servePlugin({ answer, [Symbol.asyncDispose]: async () => {} })
  plugins.push(plugin)
  plugin.server.listen(join(folder, 'sock'))
  await once(plugin.server, 'listening')
  return plugin
}

/** A client that has sent a text. `heard` resolves with the answer once the other side has closed the connection. */
const client = async (text: string): Promise<{ readonly socket: Socket; heard(): Promise<string> }> => {
  const socket = connect(join(folder, 'sock')).setEncoding('utf8')
  connections.push(socket)
  let found = ''
  socket.on('data', (part) => {
    found += String(part)
  })
  const closed = once(socket, 'close')
  await once(socket, 'connect')
  socket.write(text)
  return { socket, heard: () => closed.then(() => found) }
}

const post = (body: string, length = body.length): string =>
  `POST /Plugin.Activate HTTP/1.1\r\nHost: plugin\r\nContent-Length: ${length}\r\n\r\n${body}`

test('a call that is under way as the plugin closes is answered, and its connection ends', async () => {
  let finish = (): void => {}
  const begun = new Promise<void>((resolve) => {
    finish = resolve
  })
  let heard = (): void => {}
  const isHeard = new Promise<void>((resolve) => {
    heard = resolve
  })
  const plugin = await serve(async () => {
    heard()
    await begun
    return { status: 200, body: { done: true } }
  })
  const caller = await client(post('{}'))
  await isHeard
  const closed = plugin.close()
  finish()
  await closed
  expect(await caller.heard()).toContain('{"done":true}')
})

test.each([
  ['nothing was asked', ''],
  ['half of a head came', 'POST /Plug'],
  ['half of a body came', post('{', 100)],
])('a connection on which %s holds up no close', async (_what, text) => {
  const plugin = await serve(async () => ({ status: 200, body: {} }))
  const idle = await client(text)
  // When this client is served, the server has accepted the other one before.
  const served = await client(post('{}'))
  await once(served.socket, 'data')
  await plugin.close()
  await Promise.all([idle.heard(), served.heard()])
})

test('a request that comes as the plugin closes is answered, on a connection that was there before', async () => {
  const plugin = await serve(async () => ({ status: 200, body: { done: true } }))
  const early = await client('')
  const served = await client(post('{}'))
  expect(await served.heard()).toContain('{"done":true}')
  const closed = plugin.close()
  early.socket.write(post('{}'))
  await closed
  expect(await early.heard()).toContain('{"done":true}')
})

test('a body that comes as the plugin closes is waited for', async () => {
  const bodies: string[] = []
  const plugin = await serve(async (_path, body) => {
    bodies.push(body)
    return { status: 200, body: {} }
  })
  const slow = await client(post('{"a', 7))
  const served = await client(post('{}'))
  await once(served.socket, 'data')
  const closed = plugin.close()
  slow.socket.write('":1}')
  await closed
  expect(await slow.heard()).toContain('HTTP/1.1 200')
  expect(bodies).toEqual(['{}', '{"a":1}'])
})

test('a request that came while this process had no processor is answered as the plugin closes', async () => {
  const plugin = await serve(async () => ({ status: 200, body: { done: true } }))
  const early = await client('')
  const served = await client(post('{}'))
  await served.heard()
  const closed = plugin.close()
  early.socket.write(post('{}'))
  // Blocks for longer than the server waits for a request.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2500)
  await closed
  expect(await early.heard()).toContain('{"done":true}')
})
