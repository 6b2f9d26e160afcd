import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { type AfterSilence, silenceOn } from '@portolan/core/after-silence'
import { afterSilence } from '@portolan/host'
import { block } from '../../../../test/lab/block.ts'
import { stoppedLoop } from '../../../../test/lab/stopped-loop.ts'
import { connectToBus } from '../../src/firewalld/bus/bus-connection.ts'

let folder = ''
let server: Server | null = null
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'portolan-bus-'))
})
afterEach(() => void server?.close())
afterAll(() => rmSync(folder, { recursive: true }))

test('a bus that answers while this process has no processor is not silent', async () => {
  const { loop, pass } = stoppedLoop()
  const path = join(folder, 'answers')
  const passed: number[] = []
  server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => {
      socket.end('REJECTED EXTERNAL\r\n')
      // This timer is due when the process runs its timers. They run before the waiting answer is read.
      setTimeout(() => passed.push(pass()), 1)
      block(5)
    })
  }).listen(path)
  await once(server, 'listening')
  await expect(connectToBus(path, silenceOn(loop))).rejects.toThrow(
    'the bus refuses this user: REJECTED EXTERNAL',
  )
  expect(passed).toEqual([1])
})

test('one that says nothing is', async () => {
  const path = join(folder, 'silent')
  server = createServer().listen(path)
  await once(server, 'listening')
  const soon: AfterSilence = (_ms, giveUp) => afterSilence(20, giveUp)
  await expect(connectToBus(path, soon)).rejects.toThrow('the bus does not answer')
})
