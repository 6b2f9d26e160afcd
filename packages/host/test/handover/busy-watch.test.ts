import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { AfterSilence } from '@portolan/core/after-silence'
import { named } from '../../../../test/lab/waiting.ts'
import { handOver } from '../../src/handover/index.ts'
import { byLine, line, protocol } from '../../src/handover/messages.ts'
import { afterSilence } from '../../src/turn/after-silence.ts'

const built = JSON.stringify(new URL('../../dist/handover/index.js', import.meta.url).href)

let folder = ''
let server = ''
let watch: ChildProcess | null = null
let ended: Promise<unknown> = Promise.resolve()

/** Between two looks at its sockets such a process does other work, so all data from meanwhile is read together. */
const busyFor = (milliseconds: number): string => `
  const cell = new Int32Array(new SharedArrayBuffer(4))
  const work = () => {
    Atomics.wait(cell, 0, 0, ${milliseconds})
    if (process.connected) setImmediate(work)
  }
  work()`

const watchProgram = (): string => `
  import { listenForCalls } from ${built}
  const end = listenForCalls(${JSON.stringify(folder)})
  process.on('disconnect', end)
  ${busyFor(60)}
  process.send('listens')`

const serverProgram = `
  void import(${built}).then(({ serveCalls }) => {
    serveCalls(async ({ stdin }) => ({ exitCode: 0, stdout: stdin }))
    ${busyFor(60)}
  })`

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'portolan-handover-'))
  server = join(folder, 'server.cjs')
  writeFileSync(server, serverProgram)
  writeFileSync(join(folder, 'watch.mjs'), watchProgram())
  const started = spawn(process.execPath, [join(folder, 'watch.mjs')], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  watch = started
  ended = once(started, 'exit')
  const over = ended.then(() => Promise.reject(new Error('the watch ended before it listened')))
  over.catch(() => {})
  await named('a watch that listens', Promise.race([once(started, 'message'), over]))
})
afterEach(async () => {
  if (watch?.connected) watch.disconnect()
  await named('the end of the watch', ended)
  rmSync(folder, { recursive: true })
})

const hello = () => ({ protocol, server, version: '7' }) as const
const call = (stdin: string) => ({ plugin: 'cni', arguments: [], environment: {}, stdin, place: '' })
/** The first call starts the server. On a busy machine that may take longer than a plugin waits. */
const patient: AfterSilence = (_ms, giveUp) => afterSilence(60_000, giveUp)
const hand = (stdin: string) =>
  handOver({ ...call(stdin), server, version: '7', warn: () => {} }, folder, patient)

test('a watch and its server that are at something else lose no call', async () => {
  for (let time = 0; time < 10; time += 1)
    expect(await hand(`call ${time}`)).toEqual({ exitCode: 0, stdout: `call ${time}` })
})

test('a client that says nothing when it is its turn lets the others through, and is let go', async () => {
  const path = readdirSync(folder).find((name) => name.endsWith('.sock')) ?? ''
  const silent: Socket = connect(join(folder, path))
  const said: unknown[] = []
  const isReady = new Promise<void>((resolve) => {
    silent.setEncoding('utf8').on(
      'data',
      byLine(
        (value) => {
          said.push(value)
          if (said.length === 2) resolve()
        },
        () => {},
      ),
    )
  })
  const isLetGo = new Promise((resolve) => silent.once('close', resolve))
  silent.write(line(hello()))
  await isReady
  expect(await hand('another')).toEqual({ exitCode: 0, stdout: 'another' })
  await isLetGo
  expect(said).toEqual([{ kind: 'heard' }, { kind: 'ready' }])
})
