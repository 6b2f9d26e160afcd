import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BusReader, BusWriter, type Variant } from '../../src/firewalld/bus/bus-value.ts'

/** A call by a client. */
export interface AskedCall {
  readonly destination: string
  readonly path: string
  readonly interface: string
  readonly member: string
  readonly words: readonly string[]
}

/** A value with its type. The parts of arrays and entries are written as they are. */
export type Answer = Variant | { readonly error: string } | { readonly bytes: Buffer } | null

const write = (to: BusWriter, type: string, data: unknown): void => {
  if (type === 's' || type === 'o') to.text(String(data))
  else if (type === 'b' || type === 'i') to.uint32(Number(data))
  else if (type === 'v') {
    const own = data as Variant
    write(to.signature(own.type), own.type, own.data)
  } else if (type === 'a{sv}') {
    array(to, 8, Object.entries(data as object), ([key, value]) => {
      write(to.align(8), 's', key)
      write(to, 'v', value)
    })
  } else if (type.startsWith('a(')) {
    const types = type.slice(2, -1).match(/a?\w/g) ?? []
    array(to, 8, data as readonly (readonly unknown[])[], (item) => {
      to.align(8)
      for (const [at, one] of types.entries()) write(to, one, item[at])
    })
  } else array(to, 4, data as readonly unknown[], (item) => write(to, type.slice(1), item))
}

/**
 * The length comes first and does not count the padding before the first item. So the items are written once to be
 * measured.
 */
const array = <Item>(
  to: BusWriter,
  alignment: number,
  items: readonly Item[],
  each: (item: Item) => void,
): void => {
  const lengthAt = to.align(4).length
  to.uint32(0).align(alignment)
  const begin = to.length
  for (const item of items) each(item)
  to.done().writeUInt32LE(to.length - begin, lengthAt)
}

const reply = (serial: number, answer: Exclude<Answer, null | { readonly bytes: Buffer }>): Buffer => {
  const fields = new BusWriter()
    .bytes(Buffer.from([5]))
    .signature('u')
    .uint32(serial)
  const body = new BusWriter()
  if ('error' in answer)
    fields
      .align(8)
      .bytes(Buffer.from([4]))
      .signature('s')
      .text(answer.error)
  else {
    fields
      .align(8)
      .bytes(Buffer.from([8]))
      .signature('g')
      .signature(answer.type)
    write(body, answer.type, answer.data)
  }
  return new BusWriter()
    .bytes(Buffer.from([0x6c, 'error' in answer ? 3 : 2, 0, 1]))
    .uint32(body.length)
    .uint32(7)
    .uint32(fields.length)
    .bytes(fields.done())
    .align(8)
    .bytes(body.done())
    .done()
}

/** A bus with one service, which answers each call. Null: an empty answer. */
export interface BusDouble extends AsyncDisposable {
  [Symbol.asyncDispose](): Promise<void>
  readonly path: string
  readonly asked: readonly AskedCall[]
}

/** @param letsIn - the answer to a client's authentication; `OK` accepts it */
export const openBusDouble = async (
  answer: (call: AskedCall) => Answer,
  letsIn = 'OK 0123456789abcdef0123456789abcdef',
): Promise<BusDouble> => {
  const folder = mkdtempSync(join(tmpdir(), 'portolan-bus-'))
  const path = join(folder, 'socket')
  const asked: AskedCall[] = []
  const server = createServer((socket) => {
    let bytes: Buffer = Buffer.alloc(0)
    let isTalking = false
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      bytes = Buffer.concat([bytes, chunk as Buffer])
      while (!isTalking && bytes.includes('\r\n')) {
        const line = bytes.toString('latin1', 0, bytes.indexOf('\r\n'))
        bytes = bytes.subarray(line.length + 2)
        if (line === '\0AUTH EXTERNAL') socket.write('DATA\r\n')
        else if (line === 'DATA') socket.write(`${letsIn}\r\n`)
        else isTalking = line === 'BEGIN'
      }
      while (isTalking && bytes.length >= 16) {
        const bodyAt = Math.ceil((16 + bytes.readUInt32LE(12)) / 8) * 8
        const length = bodyAt + bytes.readUInt32LE(4)
        if (bytes.length < length) return
        const whole = bytes.subarray(0, length)
        bytes = bytes.subarray(length)
        const fields = new Map(new BusReader(whole, true, 12).read('a(yv)') as [number, Variant][])
        const text = (code: number): string => String(fields.get(code)?.data ?? '')
        const body = new BusReader(whole, true, bodyAt)
        const words = [...text(8)].map((type) => String(body.read(type)))
        const call = { destination: text(6), path: text(1), interface: text(2), member: text(3), words }
        asked.push(call)
        const told = call.member === 'Hello' ? { type: 's', data: ':1.1' } : answer(call)
        if (told !== null) socket.write('bytes' in told ? told.bytes : reply(whole.readUInt32LE(8), told))
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  return {
    path,
    asked,
    [Symbol.asyncDispose]: async () => {
      await new Promise((resolve) => server.close(resolve))
      rmSync(folder, { recursive: true })
    },
  }
}
