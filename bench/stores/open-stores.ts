import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { LeaseStore } from '@portolan/core'
import { openLeaseStore } from 'portolan'
import { type SqliteDatabase, sqliteLeases } from './sqlite-leases.ts'

export const storeNames = ['lmdb', 'node:sqlite', 'better-sqlite3'] as const
export type StoreName = (typeof storeNames)[number]

type SqliteClass = new (file: string) => SqliteDatabase

/** The folder where better-sqlite3 is installed. No package here depends on it. */
const besides = process.env.BETTER_SQLITE3

const nodeVersion = Number(process.versions.node.split('.')[0])

const sqliteClass = (name: Exclude<StoreName, 'lmdb'>): SqliteClass => {
  if (name === 'node:sqlite') {
    const { DatabaseSync } = createRequire(import.meta.url)('node:sqlite') as { DatabaseSync: SqliteClass }
    return DatabaseSync
  }
  return createRequire(join(besides ?? '', 'index.js'))('better-sqlite3') as SqliteClass
}

/** The reason why a store cannot be tried here; null: it can. */
export const whyAbsent = (name: StoreName): string | null => {
  if (name === 'lmdb') return null
  // better-sqlite3 13 requires Node 22 too. It crashed on Node 20.20.
  if (nodeVersion < 22) return `it needs Node 22, and this is ${process.version}`
  return name === 'better-sqlite3' && besides === undefined
    ? 'not installed (BETTER_SQLITE3=FOLDER says where: npm install --prefix FOLDER better-sqlite3)'
    : null
}

/** Opens a store of leases in an existing directory. */
export const openStore = (name: StoreName, directory: string): LeaseStore =>
  name === 'lmdb'
    ? openLeaseStore(directory)
    : sqliteLeases(new (sqliteClass(name))(join(directory, `${name.replace(':', '-')}.sqlite`)))
