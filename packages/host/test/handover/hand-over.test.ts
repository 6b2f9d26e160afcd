import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { silenceOn } from '@portolan/core/after-silence'
import { stoppedLoop } from '../../../../test/lab/stopped-loop.ts'
import { handOver, listenForCalls } from '../../src/handover/index.ts'
import { byLine, line } from '../../src/handover/messages.ts'
import { ownNamespace } from '../../src/handover/socket-folder.ts'

let folder = ''
const ends: (() => void)[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portolan-handover-'))
})
afterEach(() => {
  for (const end of ends.splice(0)) end()
  rmSync(folder, { recursive: true })
})

/** A watch that handles each line of a client as the test says. */
const watchThat = async (name: string, hear: (value: unknown, socket: Socket) => void): Promise<void> => {
  const server = createServer((socket) => {
    socket.setEncoding('utf8').on(
      'data',
      byLine(
        (value) => hear(value, socket),
        () => socket.destroy(),
      ),
    )
    socket.on('error', () => {})
  })
  const path = join(folder, `${ownNamespace()}.${name}.sock`)
  await new Promise<void>((resolve) => server.listen(path, resolve))
  chmodSync(path, 0o600)
  ends.push(() => server.close())
}

const call = { plugin: 'cni', arguments: ['a'], environment: {}, stdin: '{}', place: 'here' }
const hand = (warn: (text: string) => void = () => {}) =>
  handOver({ ...call, server: '/nowhere', version: '7', warn }, folder)
const answer = { exitCode: 0, stdout: 'made' } as const

test('a call is sent once the server is ready for it, and its answer and warnings come back', async () => {
  const heard: unknown[] = []
  const warned: string[] = []
  await watchThat('1', (value, socket) => {
    heard.push(value)
    if (heard.length === 1) socket.write(`${line({ kind: 'heard' })}${line({ kind: 'ready' })}`)
    else socket.end(`${line({ kind: 'warn', text: 'careful' })}${line({ kind: 'answer', answer })}`)
  })
  expect(await hand((text) => warned.push(text))).toEqual(answer)
  expect(heard).toEqual([{ protocol: 2, server: '/nowhere', version: '7' }, call])
  expect(warned).toEqual(['careful'])
})

test('where one watch refuses the next is asked, and where none is left there is no answer', async () => {
  await watchThat('1', (_value, socket) => socket.end(line({ kind: 'refused' })))
  expect(await hand()).toBeNull()
  await watchThat('2', (value, socket) =>
    socket.write(line('plugin' in (value as object) ? { kind: 'answer', answer } : { kind: 'ready' })),
  )
  expect(await hand()).toEqual(answer)
})

test('what ends before its answer is given back, and begun nowhere else', async () => {
  const others: unknown[] = []
  await watchThat('1', (value, socket) => {
    if ('plugin' in (value as object)) socket.destroy()
    else socket.write(line({ kind: 'ready' }))
  })
  await watchThat('2', (value) => others.push(value))
  expect(await hand()).toBeNull()
  expect(others).toEqual([])
})

test('what is no answer is none', async () => {
  await watchThat('1', (value, socket) =>
    socket.write('plugin' in (value as object) ? 'what?\n' : line({ kind: 'ready' })),
  )
  expect(await hand()).toBeNull()
})

test('a folder or a socket that is open to other users is not trusted', async () => {
  const heard: unknown[] = []
  await watchThat('1', (value, socket) => {
    heard.push(value)
    socket.end()
  })
  chmodSync(folder, 0o755)
  expect(await hand()).toBeNull()
  expect(listenForCalls(folder)).toBeNull()
  chmodSync(folder, 0o700)
  chmodSync(join(folder, `${ownNamespace()}.1.sock`), 0o666)
  expect(await hand()).toBeNull()
  expect(heard).toEqual([])
})

test('a watch starts no program that others may write, and takes no other words', async () => {
  const end = listenForCalls(folder)
  ends.push(() => end?.())
  const program = join(folder, 'program.cjs')
  writeFileSync(program, '')
  chmodSync(program, 0o666)
  expect(await handOver({ ...call, server: program, version: '7', warn: () => {} }, folder)).toBeNull()
  const said = await new Promise<string>((resolve) => {
    let text = ''
    const socket = connect(join(folder, `${ownNamespace()}.${process.pid}.sock`))
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
    socket.on('close', () => resolve(text))
    socket.write('{"protocol": 1}\n')
  })
  expect(said).toBe(line({ kind: 'refused' }))
})

test('a watch whose word came while this process had no processor has heard', async () => {
  const { loop, pass } = stoppedLoop()
  const passed: number[] = []
  await watchThat('1', (_value, socket) => {
    const isFirst = socket.bytesWritten === 0
    socket.write(
      isFirst ? `${line({ kind: 'heard' })}${line({ kind: 'ready' })}` : line({ kind: 'answer', answer }),
    )
    if (!isFirst) return
    // This timer is due when the process runs its timers. They run before the waiting data is read.
    setTimeout(() => passed.push(pass()), 1)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
  })
  expect(
    await handOver({ ...call, server: '/nowhere', version: '7', warn: () => {} }, folder, silenceOn(loop)),
  ).toEqual(answer)
  expect(passed).toEqual([1])
})
