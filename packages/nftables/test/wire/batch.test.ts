import { describe, expect, test } from '@jest/globals'
import type { NetlinkSocket } from '@portolan/core'
import { ApplyError, PermissionError, StaleStateError } from '@portolan/netfilter'
import { applyLive, compile, diff, encodeBatch, publishChange, unpublishChange } from '../../src/index.ts'
import { emptyRuleset } from '../../src/model/index.ts'
import { large, mapping, state, target } from '../arbitrary/example.ts'

const one = publishChange('demo', mapping())
const changes = one === null ? [] : [one]

/** Answers every message that wants it: 0 is an ack. */
const answering = (errno: number): NetlinkSocket => ({
  request: async (datagram, expected) => {
    const view = new DataView(datagram.buffer, datagram.byteOffset)
    const replies: Uint8Array[] = []
    for (let at = 0; at < datagram.length; at += view.getUint32(at, true)) {
      if ((view.getUint16(at + 6, true) & 4) === 0) continue
      const reply = new DataView(new ArrayBuffer(36))
      reply.setUint32(0, 36, true)
      reply.setUint16(4, 2, true)
      reply.setUint32(8, view.getUint32(at + 8, true), true)
      reply.setInt32(16, -errno, true)
      replies.push(new Uint8Array(reply.buffer))
    }
    expect(replies).toHaveLength(expected)
    return replies
  },
  close: () => {},
})

describe('encodeBatch', () => {
  test('puts one element between the marks of a batch, to be created and acknowledged', () => {
    const batch = encodeBatch(changes, 7)
    const hex = Buffer.from(batch?.datagram ?? []).toString('hex')
    const message = (from: number): string => hex.slice(from * 2, from * 2 + 40)
    expect(batch?.expect).toBe(1)
    expect(batch?.nextSequence).toBe(10)
    // length 20, NFNL_MSG_BATCH_BEGIN, NLM_F_REQUEST, sequence 7, port 0; AF_UNSPEC, version 0, subsystem 10
    expect(message(0)).toBe('1400000010000100070000000000000000' + '00000a')
    expect(hex.slice(-40)).toBe('1400000011000100090000000000000000' + '00000a')
    // NFT_MSG_NEWSETELEM with REQUEST, ACK, EXCL and CREATE; NFPROTO_INET
    expect(hex.slice(48, 80)).toBe('0c0a050608000000' + '00000000' + '01000000')
    // the key, tcp . 8080, each part padded to four bytes; the value, 172.17.0.1 . 80
    expect(hex).toContain('06000000' + '1f900000')
    expect(hex).toContain('ac110001' + '00500000')
    expect(hex).toContain(Buffer.from('demo/0.0.0.0:8080/tcp -> nginx:80\0').toString('hex'))
  })

  test('takes out before it puts in, so that a target can change in one transaction', () => {
    const before = compile(state())
    const after = compile(state({ mappings: [mapping({ targets: [target({ port: 81 })] })] }))
    const batch = encodeBatch(diff(before, after), 1)
    expect([...(batch?.changes.values() ?? [])]).toEqual([
      'delete element of dnat4',
      'create element of dnat4',
    ])
  })

  test('keeps every attribute within its 16 bits of length, however many elements there are', () => {
    const batch = encodeBatch(diff(compile(state({ mappings: [] })), compile(large())), 1)
    expect(batch?.expect).toBe(Math.ceil(10_000 / 128))
    const view = new DataView(batch?.datagram.buffer ?? new ArrayBuffer(0))
    for (let at = 0; at < view.byteLength; at += view.getUint32(at, true))
      expect(view.getUint32(at, true)).toBeLessThan(0x10000)
  })

  test('leaves to nft what is more than elements', () => {
    expect(encodeBatch(diff(emptyRuleset, compile(state())), 1)).toBeNull()
  })
})

describe('publishChange', () => {
  test('is what compiling and comparing would find', () => {
    const more = mapping({ hostPort: 443, family: 'ip6', targets: [target({ address: 'fd00::1' })] })
    const before = compile(state())
    const after = compile(state({ mappings: [mapping(), more] }))
    expect(publishChange('demo', more)).toEqual(diff(before, after)[0])
    expect(unpublishChange('demo', more)).toEqual(diff(after, before)[0])
  })

  test('is null for what takes more than one element', () => {
    const more = [
      { interface: 'eth0' },
      { allowFrom: ['10.0.0.0/8'] },
      { kind: 'direct' },
      { targets: [target(), target({ port: 81 })] },
      { hostAddress: '192.0.2.2' },
    ] as const
    for (const changed of more) expect(publishChange('demo', mapping(changed))).toBeNull()
    expect(publishChange('demo', mapping({ hostAddress: '127.0.0.1' }))).not.toBeNull()
  })
})

describe('applyLive', () => {
  test('says false, and sends nothing, when a process is needed', async () => {
    const silent: NetlinkSocket = { request: () => Promise.reject(new Error('sent')), close: () => {} }
    expect(await applyLive(diff(emptyRuleset, compile(state())), silent)).toBe(false)
    expect(await applyLive([], silent)).toBe(true)
  })

  test('tells a host that changed from a lack of privilege and from any other refusal', async () => {
    expect(await applyLive(changes, answering(0))).toBe(true)
    await expect(applyLive(changes, answering(17))).rejects.toThrow(StaleStateError)
    await expect(applyLive(changes, answering(2))).rejects.toThrow(StaleStateError)
    await expect(applyLive(changes, answering(1))).rejects.toThrow(PermissionError)
    await expect(applyLive(changes, answering(22))).rejects.toThrow(ApplyError)
    await expect(applyLive(changes, answering(22))).rejects.toThrow('EINVAL (create element of dnat4)')
  })
})
