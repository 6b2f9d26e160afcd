import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { connectToBus } from '../../src/firewalld/bus/bus-connection.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'portolan-bus-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** This process does nothing else for so long, as where it has no processor. */
const block = (ms: number): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

test('a bus that answers while this process has no processor is not silent', async () => {
  const path = join(folder, 'answers')
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => {
      socket.end('REJECTED EXTERNAL\r\n')
      block(60)
    })
  }).listen(path)
  await once(server, 'listening')
  await expect(connectToBus(path, 20)).rejects.toThrow('the bus refuses this user: REJECTED EXTERNAL')
  server.close()
})

test('one that says nothing is', async () => {
  const path = join(folder, 'silent')
  const server = createServer().listen(path)
  await once(server, 'listening')
  await expect(connectToBus(path, 20)).rejects.toThrow('the bus does not answer')
  server.close()
})
