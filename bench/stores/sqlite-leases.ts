import { emptyLeases, type Lease, type LeaseState, type LeaseStore, leaseState } from '@portolan/core'

/** The common part of `better-sqlite3` and `node:sqlite` that a store needs. */
export interface SqliteDatabase {
  exec(text: string): unknown
  prepare(text: string): SqliteStatement
  close(): unknown
}

interface SqliteStatement {
  get(...values: readonly (string | number)[]): unknown
  all(...values: readonly (string | number)[]): unknown[]
  run(...values: readonly (string | number)[]): unknown
}

/** The same durability as LMDB's default: a commit is on the disk before it returns. */
const setUp = `
  PRAGMA busy_timeout = 30000;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  CREATE TABLE IF NOT EXISTS leases (key TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS head (revision INTEGER NOT NULL);
  INSERT INTO head SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM head);
`

/**
 * A lease store in SQLite, for comparison. For one process it does what Portolan's store does. It has no checksums, and
 * it reads everything again after another process has written.
 */
export const sqliteLeases = (database: SqliteDatabase): LeaseStore => {
  database.exec(setUp)
  const revisionOf = database.prepare('SELECT revision FROM head')
  const all = database.prepare('SELECT record FROM leases')
  const put = database.prepare('INSERT OR REPLACE INTO leases VALUES (?, ?)')
  const remove = database.prepare('DELETE FROM leases WHERE key = ?')
  const advance = database.prepare('UPDATE head SET revision = ?')
  let known: { readonly revision: number; readonly leases: LeaseState } = { revision: 0, leases: emptyLeases }

  const readNow = (): typeof known => {
    const { revision } = revisionOf.get() as { revision: number }
    if (revision === known.revision) return known
    const records = all.all() as readonly { record: string }[]
    known = { revision, leases: leaseState(records.map(({ record }) => JSON.parse(record) as Lease)) }
    return known
  }

  return {
    read: async () => readNow().leases,
    transact: async (operation) => {
      database.exec('BEGIN IMMEDIATE')
      try {
        const { revision, leases } = readNow()
        const { state, changes, result } = operation(leases)
        for (const { key, after } of changes) {
          if (after === null) remove.run(key)
          else put.run(key, JSON.stringify(after))
        }
        advance.run(revision + 1)
        database.exec('COMMIT')
        known = { revision: revision + 1, leases: state }
        return result
      } catch (error) {
        database.exec('ROLLBACK')
        throw error
      }
    },
    close: async () => {
      database.close()
    },
  }
}
