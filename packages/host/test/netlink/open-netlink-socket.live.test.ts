import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { describeLive, makeNamespace, type Namespace } from '../live/namespace.ts'

/** A batch of nf_tables messages by hand: create the table `t` (harmless when it is there), or drop `missing`. */
const first = `
  import { openNetlinkSocket } from '@portolan/host'
  const message = (type, flags, sequence, ...payload) => {
    const body = Buffer.concat(payload); const header = Buffer.alloc(16)
    header.writeUInt32LE(16 + body.length, 0); header.writeUInt16LE(type, 4); header.writeUInt16LE(flags, 6)
    header.writeUInt32LE(sequence, 8); return Buffer.concat([header, body]) }
  const generic = (family, resource) => Buffer.from([family, 0, resource >> 8, resource & 255])
  const table = (name) => { const text = Buffer.alloc((name.length + 4) & ~3); text.write(name)
    const header = Buffer.alloc(4); header.writeUInt16LE(5 + name.length, 0); header.writeUInt16LE(1, 2); return Buffer.concat([header, text]) }
  const NEW = 0x0a00, DELETE = 0x0a02, REQUEST = 1, ACK = 4, CREATE = 0x400
  const batch = (sequence, ...parts) => Buffer.concat([message(0x10, REQUEST, sequence, generic(0, 10)),
    ...parts.map(([type, flags, name], index) => message(type, REQUEST | flags, sequence + 1 + index, generic(1, 0), table(name))),
    message(0x11, REQUEST, sequence + 1 + parts.length, generic(0, 10))])
  const read = (replies) => replies.map((reply) => { const bytes = Buffer.from(reply)
    return [bytes.readUInt16LE(4), bytes.readUInt32LE(8), bytes.readUInt16LE(4) === 2 ? bytes.readInt32LE(16) : null] })
  const socket = openNetlinkSocket()
`

/** A socket in frequent use, for transactions and listings, is written and read without the event loop. */
const often = `
  for (let at = 0; at < 20; at += 1) {
    await socket.request(batch(10, [NEW, ACK | CREATE, 't']), 1)
    await socket.request(message(0x0a01, REQUEST | 0x300, 7, generic(2, 0)), 1)
  }
`

const suite = (prelude: string): void => {
  let host: Namespace
  beforeAll(() => {
    host = makeNamespace()
  })
  afterAll(() => host.remove())

  test('a batch resolves with the acknowledgement that was asked for, header and all', async () => {
    const replies = await host.node(`${prelude}
      report(read(await socket.request(batch(100, [NEW, ACK | CREATE, 't']), 1)))`)
    expect(replies).toEqual([[2, 101, 0]])
  })

  test('every error of a refused batch belongs to its own request, not to the next', async () => {
    const replies = await host.node(`${prelude}
      const bad = batch(200, [DELETE, 0, 'missing'], [DELETE, 0, 'gone'], [NEW, ACK | CREATE, 't'])
      report([read(await socket.request(bad, 1)), read(await socket.request(batch(200, [NEW, ACK | CREATE, 't']), 1))])`)
    expect(replies).toEqual([
      [
        [2, 201, -2],
        [2, 202, -2],
        [2, 203, 0],
      ],
      [[2, 201, 0]],
    ])
  })

  test('requests made at once are answered each with its own replies', async () => {
    const replies = await host.node(`${prelude}
      const asked = [1, 2, 3, 4].map((n) => socket.request(batch(n * 100, [NEW, ACK | CREATE, 't']), 1))
      report((await Promise.all(asked)).map(read))`)
    expect(replies).toEqual([[[2, 101, 0]], [[2, 201, 0]], [[2, 301, 0]], [[2, 401, 0]]])
  })

  test('thousands of acknowledgements of one batch all arrive', async () => {
    const count = await host.node(`${prelude}
      const many = batch(1000, ...Array.from({ length: 5000 }, () => [NEW, ACK | CREATE, 't']))
      report((await socket.request(many, 5000)).length)`)
    expect(count).toBe(5000)
  })

  test('a dump in many parts ends with NLMSG_DONE', async () => {
    host.sh(`for n in $(seq 200); do echo "add table ip many-$n"; done | nft -f -`)
    const types = (await host.node(`${prelude}
      report(read(await socket.request(message(0x0a01, REQUEST | 0x300, 7, generic(2, 0)), 1)).map(([type]) => type))`)) as number[]
    expect(types).toHaveLength(201)
    expect(types.at(-1)).toBe(3)
  })

  test('a long listing comes in datagrams of up to 32 KiB, of which the kernel walks fewer than of pages', async () => {
    host.sh(`for n in $(seq 600); do echo "add table ip long-$n"; done | nft -f -`)
    const lengths = (await host.node(`${prelude}
      const replies = await socket.request(message(0x0a01, REQUEST | 0x300, 7, generic(2, 0)), 1)
      report([...new Set(replies.map(({ buffer }) => buffer))].map(({ byteLength }) => byteLength))`)) as number[]
    expect(Math.max(...lengths)).toBeGreaterThan(16_384)
  })

  test('a listing in more datagrams than are read at once is whole', async () => {
    host.sh(`{ echo "add table ip long; add set ip long many { type mark; }"
      echo "add element ip long many { $(seq -s, 80000) }"; } | nft -f -`)
    const [bytes, last] = (await host.node(`${prelude}
      const name = (type, text) => { const bytes = Buffer.alloc(4 + (text.length + 4 & ~3))
        bytes.writeUInt16LE(5 + text.length, 0); bytes.writeUInt16LE(type, 2); bytes.write(text, 4); return bytes }
      const asked = message(0x0a0d, REQUEST | 0x300, 7, generic(2, 0), name(1, 'long'), name(2, 'many'))
      const replies = await socket.request(asked, 1)
      report([replies.reduce((sum, { length }) => sum + length, 0), read(replies).at(-1)[0]])`)) as number[]
    host.sh('nft delete table ip long')
    expect(bytes).toBeGreaterThan(80_000 * 16)
    expect(last).toBe(3)
  })

  test('without the capability the one refusal of the whole batch ends it', async () => {
    const replies = await host.node(
      `${prelude}
      report(read(await socket.request(batch(100, [NEW, ACK | CREATE, 't'], [NEW, ACK | CREATE, 'u']), 2)))`,
      'ordinary user',
    )
    expect(replies).toEqual([[2, 100, -1]])
  })

  test('requests that follow each other without a pause leave the event loop its turns', async () => {
    const turns = (await host.node(`${prelude}
      let turns = 0
      let ended = false
      const turn = () => { turns += 1; if (!ended) setImmediate(turn) }
      setImmediate(turn)
      for (let at = 0; at < 3000; at += 1) await socket.request(batch(100, [NEW, ACK | CREATE, 't']), 1)
      ended = true
      report(turns)`)) as number
    expect(turns).toBeGreaterThan(1)
  })

  test('a datagram that does not fit is refused by name', async () => {
    const refused = await host.node(`${prelude}
      const long = Buffer.concat([batch(100, [NEW, ACK | CREATE, 't']), Buffer.alloc(64 << 20)])
      report(await socket.request(long, 1).catch(({ code, cause }) => [code, cause.code]))`)
    expect(refused).toEqual(['NETLINK', 'EMSGSIZE'])
  })

  test('a closed socket refuses, and an idle one does not keep the process alive', async () => {
    const refused = await host.node(`${prelude}
      openNetlinkSocket()
      socket.close()
      report(await socket.request(batch(1, [NEW, ACK | CREATE, 't']), 1).catch(({ code }) => code))`)
    expect(refused).toBe('NETLINK')
  })
}

const uses = { 'for the first time': '', often }
for (const [name, before] of Object.entries(uses))
  describeLive(`openNetlinkSocket, used ${name}`, () => suite(first + before))
