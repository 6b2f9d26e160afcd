import { BusError, BusReader, BusWriter, typesOf, type Variant } from './bus-value.ts'

/** A call of a method whose arguments are all texts. */
export interface Call {
  readonly destination: string
  readonly path: string
  readonly interface: string
  readonly member: string
  readonly words: readonly string[]
}

/** A message that came on the bus. `values` has the types of `signature`. */
export interface Message {
  readonly kind: 'reply' | 'error' | 'other'
  /** The serial of the call that this message answers; 0: it answers none. */
  readonly answers: number
  /** The name of the error; null: the message is no error. */
  readonly errorName: string | null
  readonly signature: string
  readonly values: readonly unknown[]
}

// D-Bus specification, "Message Format".
const METHOD_CALL = 1
const kinds: Readonly<Record<number, Message['kind']>> = { 2: 'reply', 3: 'error' }
const PATH = 1
const INTERFACE = 2
const MEMBER = 3
const ERROR_NAME = 4
const REPLY_SERIAL = 5
const DESTINATION = 6
const SIGNATURE = 8
/** NO_AUTO_START: a question does not start a service that is not running. */
const flags = 2
const fixedLength = 16
/** The most bytes of a message (D-Bus specification, "Message Format"). */
const mostBytes = 2 ** 27
const little = 0x6c
const big = 0x42

/** The bytes of a call. */
export const callBytes = (call: Call, serial: number): Buffer => {
  const body = new BusWriter()
  for (const word of call.words) body.text(word)
  const fields = new BusWriter()
  const field = (code: number, type: string): BusWriter =>
    fields
      .align(8)
      .bytes(Buffer.from([code]))
      .signature(type)
  field(PATH, 'o').text(call.path)
  field(INTERFACE, 's').text(call.interface)
  field(MEMBER, 's').text(call.member)
  field(DESTINATION, 's').text(call.destination)
  if (call.words.length > 0) field(SIGNATURE, 'g').signature('s'.repeat(call.words.length))
  return new BusWriter()
    .bytes(Buffer.from([little, METHOD_CALL, flags, 1]))
    .uint32(body.length)
    .uint32(serial)
    .uint32(fields.length)
    .bytes(fields.done())
    .align(8)
    .bytes(body.done())
    .done()
}

/** The number of bytes of the first message; null: not known yet. */
const lengthOf = (bytes: Buffer): number | null => {
  if (bytes.length < fixedLength) return null
  const isLittle = bytes[0] === little
  if (!isLittle && bytes[0] !== big) throw new BusError('what the bus sends is no message')
  const numberAt = (at: number): number => (isLittle ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at))
  const length = Math.ceil((fixedLength + numberAt(12)) / 8) * 8 + numberAt(4)
  if (length > mostBytes) throw new BusError('a message of the bus is too long')
  return length
}

const fieldsType = 'a(yv)'

/**
 * Takes the first message off the bytes that came.
 *
 * @returns null: the message is not complete yet
 */
export const takeMessage = (bytes: Buffer): { readonly message: Message; readonly rest: Buffer } | null => {
  const length = lengthOf(bytes)
  if (length === null || bytes.length < length) return null
  const isLittle = bytes[0] === little
  const whole = bytes.subarray(0, length)
  const fields = new BusReader(whole, isLittle, 12).read(fieldsType) as readonly (readonly [
    number,
    Variant,
  ])[]
  const dataOf = (code: number): unknown => fields.find(([one]) => one === code)?.[1].data
  const signature = String(dataOf(SIGNATURE) ?? '')
  const bodyLength = isLittle ? whole.readUInt32LE(4) : whole.readUInt32BE(4)
  // A body begins at a multiple of 8, so a value that is aligned in the body is aligned in the message.
  const body = new BusReader(whole, isLittle, length - bodyLength)
  const message: Message = {
    kind: kinds[whole[1] ?? 0] ?? 'other',
    answers: Number(dataOf(REPLY_SERIAL) ?? 0),
    errorName: dataOf(ERROR_NAME) === undefined ? null : String(dataOf(ERROR_NAME)),
    signature,
    values: typesOf(signature).map((type) => body.read(type)),
  }
  return { message, rest: bytes.subarray(length) }
}
