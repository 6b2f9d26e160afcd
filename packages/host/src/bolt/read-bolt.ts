import { BoltFault } from './bolt-fault.ts'
import { newestMeta, PAGE_HEADER } from './meta-page.ts'

/** The items of a bucket, in the order of its keys. Keys and values are views of the bytes that were read. */
export type BoltItem =
  | { readonly kind: 'value'; readonly key: Buffer; readonly value: Buffer }
  | { readonly kind: 'bucket'; readonly key: Buffer; readonly items: readonly BoltItem[] }

/** Flags of a page, and of an element of a leaf (internal/common/page.go of bbolt). */
const BRANCH_PAGE = 0x01
const LEAF_PAGE = 0x02
const BUCKET_LEAF = 0x01

const ELEMENT_LENGTH = 16
const BUCKET_LENGTH = 16

/** The most levels of buckets inside buckets and branches above leaves together. Real files have fewer than ten. */
const DEEPEST = 64

interface Source {
  readonly bytes: Buffer
  readonly pageSize: number
  readonly end: number
  /** Pages that were read: in a sound file no page belongs to two places. */
  readonly seen: Set<number>
}

/**
 * Reads a bolt database (bbolt, the embedded store of Docker, Podman, containerd and etcd): every bucket, and its
 * content. The bytes are not trusted. Each page is read once, and each element has to lie inside its page, so the work
 * is bounded by the length of the file. The list of free pages is not needed for reading.
 *
 * @param bytes - the whole file
 * @returns the items of the root bucket
 * @throws BoltFault for what is no bolt database, or is damaged
 * @see https://github.com/etcd-io/bbolt/tree/main/internal/common
 */
export const readBolt = (bytes: Buffer): readonly BoltItem[] => {
  const { pageSize, root, end } = newestMeta(bytes)
  const source = { bytes, pageSize, end, seen: new Set<number>() }
  return readTree(source, root, 0)
}

const readTree = (source: Source, number: number, depth: number): readonly BoltItem[] =>
  readItems(source, pageAt(source, number), depth)

const pageAt = ({ bytes, pageSize, end, seen }: Source, number: number): Buffer => {
  const at = number * pageSize
  // Pages 0 and 1 are the meta pages.
  if (number < 2 || number >= end) throw new BoltFault(`it refers to page ${number}, which does not exist`)
  if (at + pageSize > bytes.length) throw new BoltFault('it is cut off')
  if (seen.has(number)) throw new BoltFault(`page ${number} is in two places`)
  seen.add(number)
  if (bytes.readBigUInt64LE(at) !== BigInt(number)) throw new BoltFault(`page ${number} has another number`)
  const overflow = bytes.readUInt32LE(at + 12)
  const after = at + (overflow + 1) * pageSize
  if (number + overflow >= end || after > bytes.length) throw new BoltFault('it is cut off')
  for (let more = number + 1; more <= number + overflow; more += 1) {
    if (seen.has(more)) throw new BoltFault(`page ${more} is in two places`)
    seen.add(more)
  }
  return bytes.subarray(at, after)
}

/** The items of a bucket's own page, or of the page inside a small bucket's value. */
const readItems = (source: Source, page: Buffer, depth: number): readonly BoltItem[] => {
  if (depth > DEEPEST) throw new BoltFault(`it is nested more than ${DEEPEST} levels deep`)
  if (page.length < PAGE_HEADER) throw new BoltFault('a bucket is cut off')
  const flags = page.readUInt16LE(8)
  const count = page.readUInt16LE(10)
  if (PAGE_HEADER + count * ELEMENT_LENGTH > page.length)
    throw new BoltFault('a page is too short for its elements')
  if (flags === BRANCH_PAGE)
    return childrenOf(page, count).flatMap((child) => readTree(source, child, depth + 1))
  if (flags !== LEAF_PAGE) throw new BoltFault('a page is neither a branch nor a leaf')
  return leavesOf(page, count).map(
    ({ key, value, isBucket }): BoltItem =>
      isBucket
        ? { kind: 'bucket', key, items: readBucket(source, value, depth + 1) }
        : { kind: 'value', key, value },
  )
}

const readBucket = (source: Source, value: Buffer, depth: number): readonly BoltItem[] => {
  if (value.length < BUCKET_LENGTH) throw new BoltFault('a bucket is cut off')
  const root = Number(value.readBigUInt64LE(0))
  // A small bucket has no page of its own. Its value holds the page.
  return root === 0 ? readItems(source, value.subarray(BUCKET_LENGTH), depth) : readTree(source, root, depth)
}

const childrenOf = (page: Buffer, count: number): readonly number[] =>
  Array.from({ length: count }, (_, index) =>
    Number(page.readBigUInt64LE(PAGE_HEADER + index * ELEMENT_LENGTH + 8)),
  )

interface Leaf {
  readonly key: Buffer
  readonly value: Buffer
  readonly isBucket: boolean
}

const leavesOf = (page: Buffer, count: number): readonly Leaf[] => {
  // Elements that share bytes would let a small file unfold into a large one.
  let free = PAGE_HEADER + count * ELEMENT_LENGTH
  return Array.from({ length: count }, (_, index) => {
    const at = PAGE_HEADER + index * ELEMENT_LENGTH
    const key = at + page.readUInt32LE(at + 4)
    const value = key + page.readUInt32LE(at + 8)
    const end = value + page.readUInt32LE(at + 12)
    if (key < free || end > page.length) throw new BoltFault('an element lies outside its page')
    free = end
    return {
      key: page.subarray(key, value),
      value: page.subarray(value, end),
      isBucket: (page.readUInt32LE(at) & BUCKET_LEAF) !== 0,
    }
  })
}
