import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Machine } from '../../lab/machine.ts'

/** A port whose service answers with what it is sent, and ends no connection by itself. */
export const echoPort = 7000

const server = `
  require('node:net').createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (data) => socket.write(data))
  }).listen(${echoPort}, '::', () => console.log('ready'))`

const client = (host: string, port: number, count: number): string => `
  const { connect } = require('node:net')
  const sockets = Array.from({ length: ${count} }, () => connect(${port}, '${host}'))
  const exchange = (socket) => new Promise((resolve) => { socket.once('data', resolve); socket.write('x'.repeat(100)) })
  const closed = (socket) => new Promise((resolve) => { socket.once('close', resolve); socket.end() })
  process.stdin.once('end', () => process.exit())
  require('node:readline').createInterface({ input: process.stdin }).on('line', async (line) => {
    await Promise.all(sockets.map(line === 'exchange' ? exchange : closed))
    console.log('done')
  })
  console.log('ready')`

/** A program in a machine that answers a line with a line. */
const startIn = async (
  machine: Machine,
  code: string,
): Promise<AsyncDisposable & { ask(line: string): Promise<void> }> => {
  const child: ChildProcessWithoutNullStreams = spawn('nsenter', [
    `--target=${machine.pid}`,
    '--net',
    process.execPath,
    '--eval',
    code,
  ])
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async (): Promise<void> => {
    if ((await lines.next()).done === true) throw new Error('the program ended')
  }
  await next()
  return {
    ask: async (line) => {
      child.stdin.write(`${line}\n`)
      await next()
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL')
    },
  }
}

/** Starts the service of `echoPort`. */
export const startEcho = (machine: Machine): Promise<AsyncDisposable> => startIn(machine, server)

/** Connections that stay open until they are closed. */
export interface HeldConnections extends AsyncDisposable {
  /** Sends something over each, and waits for the answers. */
  exchange(): Promise<void>
  close(): Promise<void>
}

export const openConnections = async (
  machine: Machine,
  host: string,
  port: number,
  count: number,
): Promise<HeldConnections> => {
  const running = await startIn(machine, client(host, port, count))
  const held: HeldConnections = {
    exchange: () => running.ask('exchange'),
    close: () => running.ask('close'),
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  }
  await held.exchange()
  return held
}
