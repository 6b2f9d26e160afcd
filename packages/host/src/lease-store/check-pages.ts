import { errorCode } from '@portolan/netfilter/schema'

/**
 * LMDB trusts its file: a damaged page makes the process abort or die of SIGBUS (measured, with lmdb 3.5.6), which no
 * caller can turn into a message. So the tree is walked before the file is opened.
 *
 * @see mdb.c of lmdb 3.5 (LMDB 0.9.90, data version 2): `MDB_page_header`, `MDB_node`, `MDB_meta`, `MDB_db`
 */

/** Constants of an LMDB file, and the positions of the parts of a page. */
const MAGIC = 0xbeefc0de
const DATA_VERSION = 2
const PAGE_HEADER = 24
const META_LENGTH = PAGE_HEADER + 144
const NODE_HEADER = 8

const P_BRANCH = 0x01
const P_LEAF = 0x02
const P_OVERFLOW = 0x04
const P_META = 0x08
const F_BIGDATA = 0x01

interface Tree {
  readonly depth: number
  readonly entries: number
  /** Page number; -1 when the tree is empty. */
  readonly root: number
}

interface Meta {
  readonly pageSize: number
  /** The list of free pages. */
  readonly free: Tree
  readonly main: Tree
  readonly lastPage: number
  readonly mapSize: number
  readonly transaction: number
}

/** Flags of the environment, which the file stores with the flag of the list of free pages (`mm_flags`). */
const MDB_INTEGERKEY = 0x08
const MDB_NOSUBDIR = 0x4000
/** Far more than `MAP_SIZE`. LMDB crashes if it cannot get a map of the size that the file asks for. */
const LARGEST_MAP = 2 ** 36

/** An error whose message is a clause that says what is wrong. */
class Fault extends Error {}

const number64 = (bytes: Buffer, at: number): number => Number(bytes.readBigInt64LE(at))

const readTree = (bytes: Buffer, at: number): Tree => ({
  depth: bytes.readUInt16LE(at + 6),
  entries: number64(bytes, at + 32),
  root: number64(bytes, at + 40),
})

const readMeta = (bytes: Buffer, at: number, index: number): Meta => {
  const meta = at + PAGE_HEADER
  if (bytes.length < at + META_LENGTH) throw new Fault('it is cut off')
  if (bytes.readUInt32LE(meta) !== MAGIC) throw new Fault('it is no LMDB file')
  if ((bytes.readUInt32LE(meta + 4) & 0xffff) !== DATA_VERSION)
    throw new Fault('it is an LMDB file of another version')
  if ((bytes.readUInt16LE(at + 18) & P_META) === 0) throw new Fault(`page ${index} is no meta page`)
  return {
    pageSize: bytes.readUInt32LE(meta + 24),
    free: readTree(bytes, meta + 24),
    main: readTree(bytes, meta + 72),
    lastPage: number64(bytes, meta + 120),
    mapSize: number64(bytes, meta + 16),
    transaction: number64(bytes, meta + 128),
  }
}

/** Checks the values that LMDB uses unchecked, and crashes on if they are wrong. */
const checkEnvironment = (bytes: Buffer, { pageSize, lastPage, mapSize }: Meta, index: number): void => {
  const meta = index * pageSize + PAGE_HEADER
  const [freeFlags, mainFlags] = [bytes.readUInt16LE(meta + 28), bytes.readUInt16LE(meta + 76)]
  const isOurs = (freeFlags & ~MDB_NOSUBDIR) === MDB_INTEGERKEY && mainFlags === 0
  const isPossible = mapSize > 0 && mapSize <= LARGEST_MAP && lastPage > 0 && lastPage * pageSize < mapSize
  if (!isOurs || !isPossible) throw new Fault(`its meta page ${index} is corrupt`)
}

/**
 * Checks the two meta pages. They are written in turn, so they are at most one transaction apart.
 * @returns the newer one
 */
const newestMeta = (bytes: Buffer): Meta => {
  const first = readMeta(bytes, 0, 0)
  const { pageSize } = first
  if (pageSize < 512 || pageSize > 65536 || (pageSize & (pageSize - 1)) !== 0)
    throw new Fault(`its page size is ${pageSize}`)
  const second = readMeta(bytes, pageSize, 1)
  const [newer, older] = first.transaction > second.transaction ? [first, second] : [second, first]
  if (second.pageSize !== pageSize || newer.transaction - older.transaction > 1 || older.transaction < 0)
    throw new Fault('its two meta pages do not belong together')
  for (const [index, meta] of [first, second].entries()) {
    checkEnvironment(bytes, meta, index)
    checkTransaction(bytes, meta, index)
  }
  return newer
}

/**
 * Checks the transaction number of a meta page. With a damaged number the older page could count as the newer one, and
 * the last transaction would be lost without a trace. Meta pages are written in turn (mdb.c `mdb_env_write_meta`), and
 * each of our transactions rewrites the root.
 */
const checkTransaction = (bytes: Buffer, { pageSize, main, transaction }: Meta, index: number): void => {
  if (main.root === -1 ? transaction === 0 : isRootOf(bytes, main.root * pageSize, transaction, index)) return
  throw new Fault(`its meta page ${index} is corrupt`)
}

const isRootOf = (bytes: Buffer, at: number, transaction: number, index: number): boolean =>
  transaction % 2 === index && number64(bytes, at + 8) === transaction

/**
 * Finds a fault of an LMDB file that would make opening or reading it fail; null if it has none.
 *
 * @returns also the transaction of the file, so that a file written meanwhile is not taken for damaged
 */
export const checkPages = (
  bytes: Buffer,
): { readonly fault: string | null; readonly transaction: number | null } => {
  let transaction: number | null = null
  try {
    const meta = newestMeta(bytes)
    transaction = meta.transaction
    const used = new Set<number>([0, 1])
    const free = walk(bytes, meta, meta.free, used)
    walk(bytes, meta, meta.main, used)
    checkFree(meta, free, used)
    return { fault: null, transaction }
  } catch (error) {
    if (error instanceof Fault) return { fault: error.message, transaction }
    // A damaged page may name a position outside the file, and reading there throws.
    if (isOutside(error)) return { fault: 'one of its pages points outside the file', transaction }
    throw error
  }
}

const isOutside = (error: unknown): boolean =>
  ['ERR_OUT_OF_RANGE', 'ERR_BUFFER_OUT_OF_BOUNDS'].includes(errorCode(error))

/** Checks each page of a tree: its number, its kind, its nodes within it, and that it is used once. */
const walk = (
  bytes: Buffer,
  meta: Meta,
  { depth, entries, root }: Tree,
  used: Set<number>,
): readonly Buffer[] => {
  const values: Buffer[] = []
  const visit = (page: number, level: number): void => {
    const { at, flags } = openPage(bytes, meta, page, used)
    if (flags !== (level === depth ? P_LEAF : P_BRANCH)) throw new Fault(`page ${page} is of the wrong kind`)
    for (const node of nodesOf(bytes, at, meta.pageSize, page)) {
      const low = bytes.readUInt16LE(node) + bytes.readUInt16LE(node + 2) * 0x10000
      const nodeFlags = bytes.readUInt16LE(node + 4)
      const data = node + NODE_HEADER + bytes.readUInt16LE(node + 6)
      const end = at + meta.pageSize
      if (level < depth) {
        if (data > end) throw new Fault(`a key of page ${page} extends past its end`)
        visit(low + nodeFlags * 0x1_0000_0000, level + 1)
      } else if ((nodeFlags & F_BIGDATA) !== 0) {
        if (data + 8 > end) throw new Fault(`a value of page ${page} extends past its end`)
        values.push(overflow(bytes, meta, number64(bytes, data), low, used))
      } else {
        if (nodeFlags !== 0 || data + low > end)
          throw new Fault(`a value of page ${page} extends past its end`)
        values.push(bytes.subarray(data, data + low))
      }
    }
  }
  if (root !== -1) visit(root, 1)
  if (values.length !== entries)
    throw new Fault(`it has ${values.length} entries where ${entries} were written`)
  return values
}

const openPage = (
  bytes: Buffer,
  { pageSize, lastPage, transaction }: Meta,
  page: number,
  used: Set<number>,
): { readonly at: number; readonly flags: number } => {
  const at = page * pageSize
  if (page < 2 || page > lastPage || at + pageSize > bytes.length)
    throw new Fault(`page ${page} is outside the file`)
  if (used.has(page)) throw new Fault(`page ${page} is used twice`)
  used.add(page)
  if (number64(bytes, at) !== page || number64(bytes, at + 8) > transaction)
    throw new Fault(`page ${page} is corrupt`)
  return { at, flags: bytes.readUInt16LE(at + 18) }
}

/** The offsets in the file of the nodes of a page. */
const nodesOf = (bytes: Buffer, at: number, pageSize: number, page: number): readonly number[] => {
  const lower = bytes.readUInt16LE(at + 20)
  const upper = bytes.readUInt16LE(at + 22)
  const count = lower >> 1
  if (lower % 2 !== 0 || lower > upper || PAGE_HEADER + upper > pageSize || count === 0)
    throw new Fault(`page ${page} is corrupt`)
  return Array.from({ length: count }, (_, index) => {
    const offset = bytes.readUInt16LE(at + PAGE_HEADER + 2 * index)
    if (offset < upper || PAGE_HEADER + offset + NODE_HEADER > pageSize)
      throw new Fault(`a node of page ${page} is outside the page`)
    return at + PAGE_HEADER + offset
  })
}

const overflow = (bytes: Buffer, meta: Meta, page: number, length: number, used: Set<number>): Buffer => {
  const { at, flags } = openPage(bytes, meta, page, used)
  const pages = bytes.readUInt32LE(at + 20)
  const start = at + PAGE_HEADER
  if (flags !== P_OVERFLOW || pages < 1 || PAGE_HEADER + length > pages * meta.pageSize)
    throw new Fault(`page ${page} is corrupt`)
  for (let more = page + 1; more < page + pages; more += 1) {
    if (used.has(more) || more > meta.lastPage) throw new Fault(`page ${more} is used twice`)
    used.add(more)
  }
  if (start + length > bytes.length) throw new Fault('it is cut off')
  return bytes.subarray(start, start + length)
}

/**
 * Checks the free pages, which are the next to be overwritten. A free page that is in use would let a commit destroy
 * data. A list is its length and then page numbers. A negative number is the length of a block, which starts at the
 * next number.
 */
const checkFree = ({ lastPage }: Meta, lists: readonly Buffer[], used: Set<number>): void => {
  for (const list of lists) {
    const count = number64(list, 0)
    if (count < 0 || 8 * (count + 1) > list.length) throw new Fault('its list of free pages is corrupt')
    let block = 1
    for (let at = 1; at <= count; at += 1) {
      const entry = number64(list, 8 * at)
      if (entry <= 0) {
        block = entry === 0 ? 1 : -entry
        continue
      }
      if (entry < 2 || entry + block - 1 > lastPage) throw new Fault(`free page ${entry} is outside the file`)
      for (let page = entry; page < entry + block; page += 1) {
        if (used.has(page)) throw new Fault(`page ${page} is free and in use`)
        used.add(page)
      }
      block = 1
    }
  }
}
