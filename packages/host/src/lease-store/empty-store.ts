/** The page size of every store that Portolan makes; LMDB takes it from the file (mdb.c `mdb_env_open2`). */
export const PAGE_SIZE = 4096

/**
 * How far the file may grow: addresses that are set aside, not memory or disk. Every process has to name the same
 * size, or one would have to map anew what another wrote (lmdb.h, `mdb_env_set_mapsize`).
 */
export const MAP_SIZE: number = 2 ** 30

/**
 * The bytes of a store without an entry: two meta pages, as LMDB writes them (mdb.c `mdb_env_init_meta`). The places are
 * those that `check-pages.ts` reads.
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
    // No page is the root of the list of free pages, nor of the entries.
    bytes.writeBigInt64LE(-1n, meta + 24 + 40)
    bytes.writeBigInt64LE(-1n, meta + 72 + 40)
    bytes.writeBigUInt64LE(1n, meta + 120)
  }
  return bytes
}

const P_META = 0x08
/** The list of free pages has numbers as keys; the flags of the environment stand beside (`mm_flags`). */
const MDB_INTEGERKEY = 0x08
const MDB_NOSUBDIR = 0x4000
