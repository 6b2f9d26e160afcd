import { runInNewContext } from 'node:vm'
import { describe, expect, test } from '@jest/globals'
import type { NetlinkSocket } from '@portolan/core'
import { ApplyError, PermissionError, PortolanError, StaleStateError } from '@portolan/netfilter'
import { transaction } from '../../src/apply/transaction.ts'
import { change } from '../../src/diff/describe.ts'
import {
  applyLive,
  compile,
  diff,
  encodeBatch,
  type NamedSet,
  type NftablesChange,
  publishChange,
  type Statement,
  unpublishChange,
} from '../../src/index.ts'
import { chain } from '../../src/model/build.ts'
import { accept, element, emptyRuleset, is, meta, number, text } from '../../src/model/index.ts'
import { large, mapping, state, target } from '../arbitrary/example.ts'

const one = publishChange('demo', mapping())
const changes = one === null ? [] : [one]

/** Answers every message that asks for an answer, or only the batch's begin. Error number 0 is an ack. */
const answering = (errno: number, which: 'asked' | 'begin' = 'asked'): NetlinkSocket => ({
  request: async (datagram, expected) => {
    const view = new DataView(datagram.buffer, datagram.byteOffset)
    const replies: Uint8Array[] = []
    for (let at = 0; at < datagram.length; at += view.getUint32(at, true)) {
      const isAsked = (view.getUint16(at + 6, true) & 4) !== 0
      if (which === 'asked' ? !isAsked : at !== 0) continue
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

/** Between two batches of one port. The next batch is then encoded from its first byte on. */
const forget = (): void => {
  for (const table of compile(state()).tables)
    encodeBatch([{ operation: { kind: 'remove-table', table } }], 1)
}

describe('encodeBatch of one port after another', () => {
  const ports: readonly (readonly [
    what: string,
    changed: Parameters<typeof mapping>[0],
    generation: number | null,
  ])[] = [
    ['a port', {}, 5],
    ['another port with as many digits', { hostPort: 9_123 }, 6],
    ['another generation', { hostPort: 9_124 }, 4_294_967_295],
    ['more digits', { hostPort: 65_535 }, 7],
    ['no generation', { hostPort: 65_534 }, null],
    ['none again', { hostPort: 65_533 }, null],
    ['a generation again', { hostPort: 65_532 }, 7],
    ['another protocol', { hostPort: 65_531, protocol: 'udp' }, 7],
    ['the same protocol', { hostPort: 65_530, protocol: 'udp' }, 7],
    ['another container', { hostPort: 65_531, targets: [target({ address: '172.17.0.9' })] }, 7],
    [
      'another port of the container',
      { hostPort: 65_530, targets: [{ ...target({ address: '172.17.0.9' }), port: 81 }] },
      7,
    ],
    ['a label that is no ASCII', { hostPort: 65_529, label: 'häfen' }, 7],
    ['a label of as many characters', { hostPort: 65_528, label: 'hafen' }, 7],
    ['a label of as many characters, one of them longer', { hostPort: 65_527, label: 'höfen' }, 7],
    ['a host address', { hostPort: 65_527, hostAddress: '127.0.0.1', label: 'hafen' }, 7],
    ['another one', { hostPort: 65_526, hostAddress: '127.0.0.2', label: 'hafen' }, 7],
  ]

  test.each(['add', 'remove'] as const)('writes the same as for each alone: %s', (action) => {
    const make = action === 'add' ? publishChange : unpublishChange
    const made = ports.map(([what, changed, generation]) => ({
      what,
      change: make('demo', mapping(changed)),
      generation,
    }))
    const encode = (at: number): unknown => {
      const { change: one = null, generation = null } = made[at] ?? {}
      const batch = one === null ? null : encodeBatch([one], 4_294_967_290 + at, generation)
      const numbers = [-1, 0, 1, 2].map((more) => (4_294_967_290 + at + more) >>> 0)
      return {
        hex: Buffer.from(batch?.datagram ?? []).toString('hex'),
        expect: batch?.expect,
        nextSequence: batch?.nextSequence,
        commands: numbers.map((number) => batch?.commandOf(number)),
      }
    }
    const alone = made.map((_, at) => {
      forget()
      return encode(at)
    })
    forget()
    expect(made.map((_, at) => encode(at))).toEqual(alone)
    expect(made.every(({ change }) => change !== null)).toBe(true)
  })

  test('writes the name of another map', () => {
    const elsewhere = changes.map(({ operation }) =>
      operation.kind === 'add-element'
        ? { operation: { ...operation, set: { ...operation.set, name: 'dnat5' } } }
        : { operation },
    )
    forget()
    encodeBatch(changes, 1)
    const { datagram } = encodeBatch(elsewhere, 1) ?? {}
    expect(Buffer.from(datagram ?? []).includes('dnat5\0')).toBe(true)
  })
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
    const commands = [1, 2, 3, 4].map((sequence) => batch?.commandOf(sequence))
    expect(commands).toEqual([
      null,
      'delete element inet portolan dnat4 { tcp . 8080 }',
      'create element inet portolan dnat4 { tcp . 8080 comment "demo/0.0.0.0:8080/tcp -> nginx:80" : 172.17.0.1 . 81 }',
      null,
    ])
  })

  test('keeps every attribute within its 16 bits of length, however many elements there are, and asks one answer', () => {
    const batch = encodeBatch(diff(compile(state({ mappings: [] })), compile(large())), 1)
    expect(batch?.expect).toBe(1)
    expect(batch?.nextSequence).toBe(1 + 1 + Math.ceil(10_000 / 128) + 1)
    expect(batch?.commandOf(2)).toBe('create element inet portolan dnat4 { … }')
    const datagram = batch?.datagram ?? new Uint8Array()
    const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength)
    const asked: number[] = []
    for (let at = 0; at < view.byteLength; at += view.getUint32(at, true)) {
      expect(view.getUint32(at, true)).toBeLessThan(0x10000)
      if ((view.getUint16(at + 6, true) & 4) !== 0) asked.push(view.getUint32(at + 8, true))
    }
    // The last but one, which is answered once all is in force.
    expect(asked).toEqual([(batch?.nextSequence ?? 0) - 2])
  })

  test('writes a whole table, in the order of the script', () => {
    const changes = diff(emptyRuleset, compile(state()))
    const batch = encodeBatch(changes, 1)
    const commands: string[] = []
    for (let sequence = 2; sequence < (batch?.nextSequence ?? 0) - 1; sequence += 1)
      commands.push(batch?.commandOf(sequence) ?? 'none')
    const script = transaction(changes).replaceAll('{\n', '{ ').replaceAll('\n}', ' }').split('\n')
    expect(commands).toEqual(script.slice(0, -1))
  })

  test('leaves to nft what our table never has', () => {
    const rule = (...statements: readonly Statement[]): NftablesChange =>
      change({
        kind: 'replace-rules',
        chain: chain('forward', []),
        rules: [{ handle: null, comment: null, statements }],
      })
    const counter: Statement = { kind: 'counter', name: null, packets: 0, bytes: 0 }
    const mark = is(meta('mark'), number(1))
    const wildcard = is(meta('iifname'), text('br*'))
    for (const statement of [counter, mark, wildcard]) {
      expect(encodeBatch([rule(statement, accept)], 1)).toBeNull()
      expect(encodeBatch([rule(accept)], 1)).not.toBeNull()
    }
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
  const slow: NamedSet = {
    kind: 'set',
    name: 'bridges',
    handle: null,
    comment: null,
    keyType: { kind: 'names', names: ['ifname'] },
    dataType: null,
    flags: ['timeout'],
    elements: [],
    attributes: null,
  }
  const strange = [change({ kind: 'add-element', set: slow, element: element(text('br-web')) })]

  test('says false, and sends nothing, when a process is needed', async () => {
    const silent: NetlinkSocket = { request: () => Promise.reject(new Error('sent')), close: () => {} }
    expect(await applyLive(strange, silent)).toBe(false)
    expect(await applyLive([], silent)).toBe(true)
  })

  test('says false when the host lets less be sent at once', async () => {
    const cause = Object.assign(new Error('sendmsg'), { code: 'EMSGSIZE' })
    const narrow: NetlinkSocket = {
      request: () => Promise.reject(new PortolanError('NETLINK', 'too long', { cause })),
      close: () => {},
    }
    expect(await applyLive(changes, narrow)).toBe(false)
    const cut: NetlinkSocket = {
      request: () => Promise.reject(new PortolanError('NETLINK', 'lost', { cause: new Error('ENOBUFS') })),
      close: () => {},
    }
    await expect(applyLive(changes, cut)).rejects.toThrow('lost')
  })

  test('waits for a promise of another realm', async () => {
    const promised = runInNewContext('(answer) => Promise.resolve(answer)')
    const elsewhere = (errno: number): NetlinkSocket => ({
      request: (datagram, expected) => promised(answering(errno).request(datagram, expected)),
      close: () => {},
    })
    expect(await applyLive(changes, elsewhere(0))).toBe(true)
    await expect(applyLive(changes, elsewhere(22))).rejects.toThrow(ApplyError)
  })

  test('tells a host that changed from any other refusal, and names the command', async () => {
    expect(await applyLive(changes, answering(0))).toBe(true)
    for (const errno of [2, 16, 17, 85])
      await expect(applyLive(changes, answering(errno))).rejects.toThrow(StaleStateError)
    await expect(applyLive(changes, answering(22))).rejects.toThrow(ApplyError)
    await expect(applyLive(changes, answering(22))).rejects.toThrow(
      'The kernel refused the changes: this kernel does not take one of their values (EINVAL), at: create element inet portolan dnat4 { tcp . 8080 comment "demo/0.0.0.0:8080/tcp -> nginx:80" : 172.17.0.1 . 80 }. Nothing was applied. Use a kernel that has it, with its modules for nftables (nft_*). Or leave the backend nftables: choose another with --backend.',
    )
    for (const [errno, words] of [
      [12, /: it had no memory for them \(ENOMEM\), at: .* Free memory/],
      [23, /: there is no room for one more \(ENFILE\), at: .* Remove what is not needed/],
      [31, /: chains would lead to one another in a circle, or in more than 16 steps \(EMLINK\), at: /],
      [95, /: this kernel cannot do what they ask for \(EOPNOTSUPP\), at: .* Use a kernel/],
      [5, /: it does not say why \(errno 5\), at: .* Run this again/],
    ] as const)
      await expect(applyLive(changes, answering(errno))).rejects.toThrow(words)
  })

  // `nf_tables_valid_genid` refuses a batch of another generation before it reads a message of it.
  test('tells a kernel that lacks a part, where the rules cannot have changed', async () => {
    await expect(applyLive(changes, answering(2), { generation: 7 })).rejects.toThrow(
      /^The kernel refused the changes: this kernel does not have a part that they use \(ENOENT\), at: /,
    )
    for (const errno of [16, 17, 85])
      await expect(applyLive(changes, answering(errno), { generation: 7 })).rejects.toThrow(StaleStateError)
  })

  test('tells a lack of privilege from a table that another program keeps for itself', async () => {
    await expect(applyLive(changes, answering(1, 'begin'))).rejects.toThrow(PermissionError)
    await expect(applyLive(changes, answering(1))).rejects.toThrow('owns the table')
  })
})
