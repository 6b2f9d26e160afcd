import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { NetlinkSocket, Runner } from '@portolan/core'
import type { NetworkNamespace } from './network-namespace.ts'

/**
 * Sends the datagram of each input line, and prints the kernel's answers; for a listing all messages. A blank line ends
 * the answer.
 */
const relay = `
const { RawNetlinkSocket } = require('netlink')
const socket = new RawNetlinkSocket(12, { sendBufferSize: 8 << 20, recvBufferSize: 8 << 20 })
const [NLM_F_DUMP, NLMSG_ERROR, NLMSG_DONE] = [0x300, 2, 3]
let [left, isListing, lines, ending] = [0, false, [], false]
const end = () => { ending = false; left = 0; lines.push('', ''); process.stdout.write(lines.join('\\n')); lines = [] }
socket.on('message', (datagram) => {
  for (let at = 0; at + 16 <= datagram.length; at += (datagram.readUInt32LE(at) + 3) & ~3) {
    lines.push(datagram.subarray(at, at + datagram.readUInt32LE(at)).toString('hex'))
    const type = datagram.readUInt16LE(at + 4)
    if (type === NLMSG_ERROR || (isListing && type === NLMSG_DONE)) left -= 1
  }
  // More errors than answers were asked for may come.
  if (left <= 0 && !ending) { ending = true; setImmediate(end) }
})
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const [expect, hex] = line.split(' ')
  const request = Buffer.from(hex, 'hex')
  left = Number(expect)
  isListing = (request.readUInt16LE(6) & NLM_F_DUMP) === NLM_F_DUMP
  socket.send(request)
})
`

/** A netlink socket inside a namespace of the tests. A process holds it, which ends with the namespace. */
export const openRelay = (namespace: NetworkNamespace): NetlinkSocket => {
  const [program = '', ...prefix] = namespace.enter
  const child = spawn(program, [...prefix, process.execPath, '-e', relay], {
    cwd: join(import.meta.dirname, '../../../host'),
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const waiting: ((replies: readonly Uint8Array[]) => void)[] = []
  let replies: Uint8Array[] = []
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line !== '') {
      replies.push(new Uint8Array(Buffer.from(line, 'hex')))
      return
    }
    waiting.shift()?.(replies)
    replies = []
  })
  return {
    request: (datagram, expect) =>
      new Promise((resolve) => {
        waiting.push(resolve)
        child.stdin.write(`${expect} ${Buffer.from(datagram).toString('hex')}\n`)
      }),
    close: () => void child.kill('SIGKILL'),
  }
}

/** A runner that must not start any program. */
export const idle: Runner = { run: (command) => Promise.reject(new Error(`${command} was started`)) }
