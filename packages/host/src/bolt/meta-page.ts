import { BoltFault } from './bolt-fault.ts'

/** The content of the newest valid meta page of a file. */
export interface BoltMeta {
  readonly pageSize: number
  /** The page of the root bucket. */
  readonly root: number
  /** The first page that no transaction has used yet. */
  readonly end: number
  readonly transaction: bigint
}

/** internal/common/meta.go of bbolt. */
const MAGIC = 0xed0cdaed
const VERSION = 2
export const PAGE_HEADER = 16
const META_LENGTH = 64
const CHECKED_LENGTH = 56

const SMALLEST_PAGE = 512
const LARGEST_PAGE = 2 ** 16

/**
 * Finds the meta page in force: of the two, the valid one with the higher transaction. A transaction writes the page
 * that is not in force and seals it with a checksum. So a half-written meta page leaves the one before it in force.
 *
 * @throws BoltFault when neither is valid
 */
export const newestMeta = (bytes: Buffer): BoltMeta => {
  const metas = placesOfMeta(bytes).flatMap((at) => readMeta(bytes, at) ?? [])
  const [first, second] = metas
  if (first === undefined) throw new BoltFault(whyNoMeta(bytes))
  return second !== undefined && second.transaction > first.transaction ? second : first
}

/**
 * The second meta page begins where the first page ends. The page size of a file whose first meta page is damaged is
 * not known, so each size is tried (bbolt, `getPageSizeFromSecondMeta`).
 */
const placesOfMeta = (bytes: Buffer): readonly number[] => {
  const first = readMeta(bytes, 0)
  if (first !== null) return [0, first.pageSize]
  const sizes: number[] = []
  for (let size = SMALLEST_PAGE; size <= LARGEST_PAGE; size *= 2)
    if (readMeta(bytes, size)?.pageSize === size) sizes.push(size)
  return sizes.slice(0, 1)
}

const readMeta = (bytes: Buffer, page: number): BoltMeta | null => {
  const at = page + PAGE_HEADER
  if (bytes.length < at + META_LENGTH) return null
  if (bytes.readUInt32LE(at) !== MAGIC || bytes.readUInt32LE(at + 4) !== VERSION) return null
  if (bytes.readBigUInt64LE(at + CHECKED_LENGTH) !== checksum(bytes.subarray(at, at + CHECKED_LENGTH)))
    return null
  const pageSize = bytes.readUInt32LE(at + 8)
  const isPower = pageSize >= SMALLEST_PAGE && pageSize <= LARGEST_PAGE && (pageSize & (pageSize - 1)) === 0
  if (!isPower) return null
  return {
    pageSize,
    root: Number(bytes.readBigUInt64LE(at + 16)),
    end: Number(bytes.readBigUInt64LE(at + 40)),
    transaction: bytes.readBigUInt64LE(at + 48),
  }
}

const whyNoMeta = (bytes: Buffer): string => {
  const at = PAGE_HEADER
  if (bytes.length < at + META_LENGTH) return 'it is cut off'
  if (bytes.readUInt32LE(at) !== MAGIC) return 'it is no bolt database'
  const version = bytes.readUInt32LE(at + 4)
  if (version !== VERSION)
    return `it is a bolt database of version ${version}, and version ${VERSION} is known`
  return 'neither of its meta pages has the right checksum'
}

/** FNV-1a of 64 bits (Go, hash/fnv). */
const checksum = (bytes: Buffer): bigint => {
  let hash = 0xcbf29ce484222325n
  for (const byte of bytes) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn
  return hash
}
