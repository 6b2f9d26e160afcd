import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { named } from '../../../../test/lab/waiting.ts'

const built = JSON.stringify(new URL('../../dist/handover/index.js', import.meta.url).href)

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portolan-killed-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** It is at something else until the watch is gone, and hears of the connection then. */
const serverProgram = (exit: string): string => `
  const { writeFileSync } = require('node:fs')
  process.on('exit', (code) => writeFileSync(${JSON.stringify(exit)}, String(code)))
  void import(${built}).then(({ serveCalls }) => {
    serveCalls(async () => null)
    process.send('serves', () => {
      while (process.ppid === Number(process.argv[2])) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
    })
  })`

/** Hands a connection over, and is then killed. */
const watchProgram = (server: string, socket: string): string => `
  import { fork } from 'node:child_process'
  import { connect, createServer } from 'node:net'
  const server = fork(${JSON.stringify(server)}, [String(process.pid)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  server.once('message', () => {
    createServer((accepted) => {
      server.send({ kind: 'call' }, accepted, () => process.kill(process.pid, 'SIGKILL'))
    }).listen(${JSON.stringify(socket)}, () => connect(${JSON.stringify(socket)}))
  })`

test('the process that serves calls ends in order where its watch was killed as it handed one over', async () => {
  const [server, exit] = [join(folder, 'server.cjs'), join(folder, 'exit')]
  writeFileSync(server, serverProgram(exit))
  writeFileSync(join(folder, 'watch.mjs'), watchProgram(server, join(folder, 'sock')))
  const watch = spawn(process.execPath, [join(folder, 'watch.mjs')])
  let said = ''
  watch.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  // The event comes once the last process with the watch's standard error is gone.
  await named('the end of the watch and its server', once(watch, 'close'), () => said)
  expect(said).toBe('')
  expect(readFileSync(exit, 'utf8')).toBe('0')
})
