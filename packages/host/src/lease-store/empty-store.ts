/** The page size of every store that Portolan makes. LMDB takes it from the file (mdb.c `mdb_env_open2`). */
export const PAGE_SIZE = 4096

/**
 * The limit of the file's size. It reserves addresses, not memory or disk. Every process has to name the same size, or
 * a process would have to map the file again after another one wrote (lmdb.h, `mdb_env_set_mapsize`).
 */
export const MAP_SIZE: number = 2 ** 30

/**
 * The bytes of an empty store: two meta pages, as LMDB writes them (mdb.c `mdb_env_init_meta`). `check-pages.ts` reads
 * the same positions.
 */
export const emptyStore = (): Buffer => {
  const bytes = Buffer.alloc(2 * PAGE_SIZE)
  for (const index of [0, 1]) {
    const page = index * PAGE_SIZE
    bytes.writeBigUInt64LE(BigInt(index), page)
    bytes.writeUInt16LE(P_META, page + 18)
    const meta = page + 24
    bytes.writeUInt32LE(0xbeefc0de, meta)
    bytes.writeUInt32LE(2, meta + 4)
    bytes.writeBigUInt64LE(BigInt(MAP_SIZE), meta + 16)
    bytes.writeUInt32LE(PAGE_SIZE, meta + 24)
    bytes.writeUInt16LE(MDB_INTEGERKEY | MDB_NOSUBDIR, meta + 28)
    // Root -1: the list of free pages and the tree of entries are empty.
    bytes.writeBigInt64LE(-1n, meta + 24 + 40)
    bytes.writeBigInt64LE(-1n, meta + 72 + 40)
    bytes.writeBigUInt64LE(1n, meta + 120)
  }
  return bytes
}

const P_META = 0x08
/**
 * The list of free pages has numbers as keys. The flags of the environment are stored in the same field (`mm_flags`).
 */
const MDB_INTEGERKEY = 0x08
const MDB_NOSUBDIR = 0x4000
