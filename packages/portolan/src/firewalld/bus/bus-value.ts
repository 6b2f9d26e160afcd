/** A value of D-Bus that comes with its type. */
export interface Variant {
  readonly type: string
  readonly data: unknown
}

/** An error in the conversation with the bus. */
export class BusError extends Error {}

const alignments: Readonly<Record<string, number>> = {
  ...{ y: 1, g: 1, v: 1, n: 2, q: 2, b: 4, i: 4, u: 4, s: 4, o: 4, a: 4 },
  ...{ x: 8, t: 8, d: 8, '(': 8, '{': 8 },
}

const aligned = (at: number, to: number): number => Math.ceil(at / to) * to

/** The first complete type of a signature. */
const firstType = (signature: string): string => {
  const [head = ''] = signature
  if (head === 'a') return `a${firstType(signature.slice(1))}`
  if (head !== '(' && head !== '{') {
    if (!(head in alignments)) throw new BusError(`a value has the type ${signature}`)
    return head
  }
  let end = 1
  while (end < signature.length && signature[end] !== ')' && signature[end] !== '}')
    end += firstType(signature.slice(end)).length
  return signature.slice(0, end + 1)
}

/** Splits a signature into its types. */
export const typesOf = (signature: string): readonly string[] => {
  const types: string[] = []
  for (let rest = signature; rest !== ''; ) {
    const type = firstType(rest)
    types.push(type)
    rest = rest.slice(type.length)
  }
  return types
}

/**
 * Reads values from a message (D-Bus specification, "Marshaling"). An array of dictionary entries becomes an object.
 */
export class BusReader {
  readonly #bytes: Buffer
  readonly #isLittle: boolean
  #at: number

  constructor(bytes: Buffer, isLittle: boolean, at = 0) {
    this.#bytes = bytes
    this.#isLittle = isLittle
    this.#at = at
  }

  /** @throws BusError where the bytes end before the value does, or where its type is not supported */
  read(type: string): unknown {
    const [head = ''] = type
    this.#at = aligned(this.#at, alignments[head] ?? 1)
    switch (head) {
      case 'y':
        return this.#bytes.readUInt8(this.#pass(1))
      case 'b':
        return this.#uint32() !== 0
      case 'n':
      case 'q':
      case 'i':
      case 'u':
        return this.#number(head)
      case 's':
      case 'o':
        return this.#text(this.#uint32())
      case 'g':
        return this.#text(this.#bytes.readUInt8(this.#pass(1)))
      case 'v': {
        const own = this.#text(this.#bytes.readUInt8(this.#pass(1)))
        return { type: own, data: this.read(firstType(own)) } satisfies Variant
      }
      case 'a':
        return this.#array(type.slice(1))
      case '(':
      case '{': {
        const parts = typesOf(type.slice(1, -1))
        // An empty structure takes no bytes, so an array of them would have no end.
        if (parts.length === 0) throw new BusError(`a value has the type ${type}`)
        return parts.map((one) => this.read(one))
      }
      default:
        throw new BusError(`a value has the type ${type}`)
    }
  }

  #pass(length: number): number {
    const at = this.#at
    this.#at += length
    if (this.#at > this.#bytes.length) throw new BusError('a message of the bus is cut off')
    return at
  }

  #uint32(): number {
    return Number(this.#number('u'))
  }

  #number(type: 'n' | 'q' | 'i' | 'u'): number {
    const length = type === 'n' || type === 'q' ? 2 : 4
    const at = this.#pass(length)
    const isSigned = type === 'n' || type === 'i'
    if (this.#isLittle)
      return isSigned ? this.#bytes.readIntLE(at, length) : this.#bytes.readUIntLE(at, length)
    return isSigned ? this.#bytes.readIntBE(at, length) : this.#bytes.readUIntBE(at, length)
  }

  #text(length: number): string {
    const at = this.#pass(length + 1)
    return this.#bytes.toString('utf8', at, at + length)
  }

  #array(type: string): unknown {
    const length = this.#uint32()
    this.#at = aligned(this.#at, alignments[type[0] ?? ''] ?? 1)
    const end = this.#at + length
    const items: unknown[] = []
    while (this.#at < end) items.push(this.read(type))
    if (this.#at !== end) throw new BusError('an array of the bus ends within an item')
    return type.startsWith('{') ? Object.fromEntries(items as (readonly [string, unknown])[]) : items
  }
}

/** Writes texts and numbers in the form of a message, in little-endian order. */
export class BusWriter {
  #bytes = Buffer.alloc(0)

  get length(): number {
    return this.#bytes.length
  }

  align(to: number): this {
    return this.bytes(Buffer.alloc(aligned(this.length, to) - this.length))
  }

  bytes(bytes: Uint8Array): this {
    this.#bytes = Buffer.concat([this.#bytes, bytes])
    return this
  }

  uint32(value: number): this {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32LE(value)
    return this.align(4).bytes(bytes)
  }

  text(value: string): this {
    const bytes = Buffer.from(value)
    return this.uint32(bytes.length).bytes(bytes).bytes(Buffer.alloc(1))
  }

  signature(value: string): this {
    return this.bytes(Buffer.from([value.length])).bytes(Buffer.from(`${value}\0`))
  }

  done(): Buffer {
    return this.#bytes
  }
}
