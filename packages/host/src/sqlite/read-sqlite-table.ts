import { readRecord, readVarint, type SqliteValue } from './record.ts'
import { SqliteFault } from './sqlite-fault.ts'

const MAGIC = 'SQLite format 3\0'
const HEADER = 100
const INTERIOR = 0x05
const LEAF = 0x0d

/** The most levels of a tree. Real trees have fewer than ten. */
const DEEPEST = 64

interface Source {
  readonly bytes: Buffer
  readonly pageSize: number
  /** The bytes of a page that hold its content. The rest is reserved. */
  readonly usable: number
  /** Pages that were read: in a sound file no page belongs to two places. */
  readonly seen: Set<number>
  /** How many bytes further cells may have. The cells of a sound file share no bytes. */
  left: number
}

/**
 * Reads all rows of a table of an SQLite database. Node has its own reader only from 22.5 on, and that reader takes
 * locks and may write. The bytes are not trusted: each page is read once and cells share no bytes, so the work is
 * bounded by the length of the file.
 *
 * @param bytes - the whole file, at rest
 * @returns the values of each row in the order of the table's columns; null where there is no such table
 * @throws SqliteFault for what is no SQLite database, or is damaged
 * @see https://www.sqlite.org/fileformat2.html
 */
export const readSqliteTable = (bytes: Buffer, table: string): readonly (readonly SqliteValue[])[] | null => {
  if (bytes.length < HEADER) throw new SqliteFault('it is cut off')
  if (bytes.subarray(0, 16).toString('latin1') !== MAGIC) throw new SqliteFault('it is no SQLite database')
  const written = bytes.readUInt16BE(16)
  const pageSize = written === 1 ? 65_536 : written
  if (pageSize < 512 || (pageSize & (pageSize - 1)) !== 0)
    throw new SqliteFault(`its page size ${pageSize} is not valid`)
  const source = {
    bytes,
    pageSize,
    usable: pageSize - (bytes[20] ?? 0),
    seen: new Set<number>(),
    left: bytes.length,
  }
  const entry = readTree(source, 1, 0).find(
    ([type, name]) => String(type) === 'table' && String(name) === table,
  )
  if (entry === undefined) return null
  const [, , , root] = entry
  if (typeof root !== 'number') throw new SqliteFault('a table has no page')
  return readTree(source, root, 0)
}

const readTree = (source: Source, number: number, depth: number): readonly (readonly SqliteValue[])[] => {
  if (depth > DEEPEST) throw new SqliteFault(`it is nested more than ${DEEPEST} levels deep`)
  const page = pageAt(source, number)
  // The first page begins with the header of the file.
  const at = number === 1 ? HEADER : 0
  const kind = page[at]
  const count = page.readUInt16BE(at + 3)
  if (kind !== INTERIOR && kind !== LEAF) throw new SqliteFault('a page is not of a table')
  const pointers = at + (kind === INTERIOR ? 12 : 8)
  if (pointers + 2 * count > page.length) throw new SqliteFault('a page is too short for its cells')
  const cells = Array.from({ length: count }, (_, index) => page.readUInt16BE(pointers + 2 * index))
  if (kind === LEAF) return cells.map((cell) => readRecord(payloadAt(source, page, cell)))
  const children = [...cells.map((cell) => wordAt(page, cell)), wordAt(page, at + 8)]
  return children.flatMap((child) => readTree(source, child, depth + 1))
}

const pageAt = ({ bytes, pageSize, seen }: Source, number: number): Buffer => {
  const end = number * pageSize
  if (number < 1 || end > bytes.length) throw new SqliteFault('it is cut off')
  if (seen.has(number)) throw new SqliteFault(`page ${number} is in two places`)
  seen.add(number)
  return bytes.subarray(end - pageSize, end)
}

const wordAt = (page: Buffer, at: number): number => {
  if (at + 4 > page.length) throw new SqliteFault('a cell lies outside its page')
  return page.readUInt32BE(at)
}

/**
 * Reads a payload. One that is longer than its page goes on in a chain of other pages (section 1.6, "Cell Payload
 * Overflow Pages").
 */
const payloadAt = (source: Source, page: Buffer, cell: number): Buffer => {
  const [length, afterLength] = readVarint(page, cell)
  const [, start] = readVarint(page, afterLength)
  const local = localLength(source.usable, length)
  if (start + local > page.length || length > source.bytes.length)
    throw new SqliteFault('a cell lies outside its page')
  source.left -= length
  if (source.left < 0) throw new SqliteFault('cells share their bytes')
  const parts = [page.subarray(start, start + local)]
  let left = length - local
  for (let next = left > 0 ? wordAt(page, start + local) : 0; left > 0; ) {
    const overflow = pageAt(source, next)
    const part = overflow.subarray(4, Math.min(source.usable, 4 + left))
    parts.push(part)
    left -= part.length
    next = wordAt(overflow, 0)
  }
  return parts.length === 1 ? (parts[0] ?? page) : Buffer.concat(parts)
}

const localLength = (usable: number, length: number): number => {
  if (length <= usable - 35) return length
  const least = Math.floor(((usable - 12) * 32) / 255) - 23
  const wanted = least + ((length - least) % (usable - 4))
  return wanted <= usable - 35 ? wanted : least
}
