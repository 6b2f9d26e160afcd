import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import type { NetlinkSocket } from '@portolan/core'
import type { NetworkNamespace } from './network-namespace.ts'

/** Sends one datagram from within a namespace, and prints every message the kernel answers: of a listing, all. */
const relay = `
const { RawNetlinkSocket } = require('netlink')
const socket = new RawNetlinkSocket(12)
let left = Number(process.argv[1])
const [NLM_F_DUMP, NLMSG_ERROR, NLMSG_DONE] = [0x300, 2, 3]
const request = Buffer.from(process.argv[2], 'hex')
const isListing = (request.readUInt16LE(6) & NLM_F_DUMP) === NLM_F_DUMP
socket.on('message', (datagram) => {
  for (let at = 0; at + 16 <= datagram.length; at += (datagram.readUInt32LE(at) + 3) & ~3) {
    console.log(datagram.subarray(at, at + datagram.readUInt32LE(at)).toString('hex'))
    const type = datagram.readUInt16LE(at + 4)
    if (isListing ? type === NLMSG_DONE || type === NLMSG_ERROR : true) left -= 1
  }
  if (left <= 0) process.exit(0)
})
socket.send(request)
`

/** A netlink socket whose other end is in a namespace of the tests: a process for each request. */
export const openRelay = (namespace: NetworkNamespace): NetlinkSocket => ({
  request: async (datagram, expect) => {
    const [program = '', ...prefix] = namespace.enter
    const hex = Buffer.from(datagram).toString('hex')
    const { stdout, stderr, status } = spawnSync(
      program,
      [...prefix, process.execPath, '-e', relay, String(expect), hex],
      { encoding: 'utf8', cwd: join(import.meta.dirname, '../../../host'), timeout: 10_000 },
    )
    if (status !== 0) throw new Error(`relay: ${stderr}`)
    return stdout
      .trim()
      .split('\n')
      .map((line) => new Uint8Array(Buffer.from(line, 'hex')))
  },
  close: () => {},
})
