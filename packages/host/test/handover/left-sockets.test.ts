import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { ownNamespace } from '../../src/handover/socket-folder.ts'

const built = JSON.stringify(new URL('../../dist/handover/index.js', import.meta.url).href)

/** A program that finds the socket of a killed watch, and then loads a package through a link, as pnpm makes it. */
const program = (folder: string): string => `
  import { createServer } from 'node:net'
  import { chmodSync, linkSync } from 'node:fs'
  import { createRequire } from 'node:module'
  import { handOver, listenForCalls } from ${built}
  const load = createRequire(${JSON.stringify(join(folder, 'app/main.cjs'))})
  load('./first.cjs')
  const other = createServer()
  const path = ${JSON.stringify(join(folder, 'calls', 'other.sock'))}
  await new Promise((resolve) => other.listen(path, resolve))
  linkSync(path, ${JSON.stringify(join(folder, 'calls', `${ownNamespace()}.999999999.sock`))})
  const end = listenForCalls(${JSON.stringify(join(folder, 'calls'))})
  console.log(load('linked'))
  end()
  const refusing = createServer((socket) => socket.destroy())
  const refused = ${JSON.stringify(join(folder, 'calls', `${ownNamespace()}.refuses.sock`))}
  await new Promise((resolve) => refusing.listen(refused, resolve))
  chmodSync(refused, 0o600)
  const call = { server: '/nowhere', version: '', plugin: 'cni', arguments: [], environment: {}, stdin: '', place: '' }
  const asked = handOver({ ...call, warn: () => {} }, ${JSON.stringify(join(folder, 'calls'))})
  // While the answer is awaited: nothing else has been looked at since.
  console.log(load('linked-meanwhile'))
  await asked
  refusing.close()
  console.log(load('linked-later'))
  other.close()`

/** A program that finds sockets under its own number, one left and one in use, and one left by a number that is in use. */
const reusing = (folder: string): string => `
  import { createServer } from 'node:net'
  import { linkSync, readdirSync } from 'node:fs'
  import { handOver, listenForCalls } from ${built}
  const folder = ${JSON.stringify(folder)}
  const open = (path) => new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy())
    server.listen(path, () => resolve(server))
  })
  const own = (more = '') => folder + '/${ownNamespace()}.' + process.pid + more + '.sock'
  const left = await open(folder + '/left.sock')
  linkSync(folder + '/left.sock', folder + '/${ownNamespace()}.1.sock')
  linkSync(folder + '/left.sock', own())
  const end = listenForCalls(folder)
  console.log(readdirSync(folder).map((name) => folder + '/' + name).includes(own()))
  end()
  const taken = await open(own())
  const endOther = listenForCalls(folder)
  console.log(readdirSync(folder).join(' ').replaceAll(String(process.pid), 'PID'))
  endOther()
  left.close()
  taken.close()`

test('a socket that no process has bound is removed, whichever process has its number, and one that is bound stays', () => {
  const folder = mkdtempSync(join(tmpdir(), 'portolan-left-'))
  try {
    const calls = join(folder, 'calls')
    mkdirSync(calls, { mode: 0o700 })
    writeFileSync(join(folder, 'program.mjs'), reusing(calls))
    const printed = execFileSync(process.execPath, [join(folder, 'program.mjs')], { encoding: 'utf8' })
    const start = `${ownNamespace()}.PID`
    expect(printed).toBe(`true\n${start}.1.sock ${start}.sock left.sock\n`)
    expect(readdirSync(calls)).toEqual([])
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a watch that finds the socket of one that was killed, and a plugin that asks one, load packages by their links', () => {
  const folder = mkdtempSync(join(tmpdir(), 'portolan-left-'))
  try {
    for (const name of ['app/node_modules', 'calls', 'store/node_modules/dependency'])
      mkdirSync(join(folder, name), { recursive: true, mode: 0o700 })
    writeFileSync(join(folder, 'app/first.cjs'), '')
    writeFileSync(join(folder, 'store/node_modules/dependency/index.js'), 'module.exports = "loaded"')
    for (const name of ['linked', 'linked-meanwhile', 'linked-later']) {
      mkdirSync(join(folder, 'store/node_modules', name))
      writeFileSync(
        join(folder, 'store/node_modules', name, 'index.js'),
        'module.exports = require("dependency")',
      )
      symlinkSync(`../../store/node_modules/${name}`, join(folder, 'app/node_modules', name))
    }
    writeFileSync(join(folder, 'program.mjs'), program(folder))
    const printed = execFileSync(process.execPath, [join(folder, 'program.mjs')], { encoding: 'utf8' })
    expect(printed).toBe('loaded\nloaded\nloaded\n')
    expect(readdirSync(join(folder, 'calls'))).toEqual([])
  } finally {
    rmSync(folder, { recursive: true })
  }
})
