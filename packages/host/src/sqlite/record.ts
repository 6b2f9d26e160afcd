import { SqliteFault } from './sqlite-fault.ts'

/** A value of a row. Texts and blobs are bytes. A floating-point number is not read and appears as null. */
export type SqliteValue = Buffer | number | null

/**
 * Reads a number of variable length, and gives the offset of its end. A byte has seven bits of it, the highest first;
 * the ninth byte has eight.
 */
export const readVarint = (bytes: Buffer, at: number): readonly [value: number, end: number] => {
  let value = 0
  for (let index = 0; index < 9; index += 1) {
    const byte = bytes[at + index]
    if (byte === undefined) throw new SqliteFault('it is cut off')
    if (index === 8) return [value * 256 + byte, at + 9]
    value = value * 128 + (byte & 0x7f)
    if (byte < 0x80) return [value, at + index + 1]
  }
  throw new SqliteFault('it is cut off')
}

/** The bytes of a value by its serial type; 7 is a floating-point number, 8 and 9 are 0 and 1 without a byte. */
const lengths = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0]

const lengthOf = (type: number): number => {
  if (type >= 12) return Math.floor((type - 12) / 2)
  const length = lengths[type]
  if (length === undefined) throw new SqliteFault('a value has an unknown type')
  return length
}

/**
 * The values of a record.
 * @see https://www.sqlite.org/fileformat2.html#record_format
 */
export const readRecord = (payload: Buffer): readonly SqliteValue[] => {
  const [headerEnd, start] = readVarint(payload, 0)
  if (headerEnd > payload.length) throw new SqliteFault('a record is cut off')
  const values: SqliteValue[] = []
  let at = headerEnd
  for (let header = start; header < headerEnd; ) {
    const [type, next] = readVarint(payload, header)
    header = next
    const end = at + lengthOf(type)
    if (end > payload.length) throw new SqliteFault('a record is cut off')
    values.push(decode(payload.subarray(at, end), type))
    at = end
  }
  return values
}

const decode = (bytes: Buffer, type: number): SqliteValue => {
  if (type >= 12) return bytes
  if (type === 8 || type === 9) return type - 8
  if (type === 0 || type === 7) return null
  return bytes.length > 6 ? Number(bytes.readBigInt64BE(0)) : bytes.readIntBE(0, bytes.length)
}
