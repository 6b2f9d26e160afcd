import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { lackOf, legacyTableFiles, programEnd, type Runner } from '@portolan/core'
import { type Family, InspectError, PermissionError } from '@portolan/netfilter'
import { errorCode } from '@portolan/netfilter/schema'
import type { LegacyRulesNotice } from './notice.ts'

/** Tells whether the rules of iptables-legacy have changed. */
export interface LegacyFingerprint {
  /**
   * Reads the rules again, and gives a notice for each family whose tables have changed. The first reading gives none.
   * @throws InspectError, MissingToolError, PermissionError when the rules cannot be read
   */
  poll(): Promise<readonly LegacyRulesNotice[]>
}

const families = ['ip', 'ip6'] as const
const programs: Readonly<Record<Family, string>> = {
  ip: 'iptables-legacy-save',
  ip6: 'ip6tables-legacy-save',
}

/**
 * Opens a fingerprint. A program is run only for a family with a registered table, as `/proc/net/ip_tables_names` lists
 * them: asking for any other table would register it.
 *
 * @param files - the file of each family in which the kernel names the tables
 */
export const openLegacyFingerprint = (
  runner: Runner,
  files: Readonly<Record<Family, string>> = legacyTableFiles,
): LegacyFingerprint => {
  const known = new Map<Family, ReadonlyMap<string, string>>()
  return {
    poll: async () => {
      const notices: LegacyRulesNotice[] = []
      for (const family of families) {
        const now = await readTables(runner, family, files[family])
        const before = known.get(family)
        known.set(family, now)
        if (before === undefined) continue
        const names = new Set([...before.keys(), ...now.keys()])
        const tables = [...names].filter((name) => before.get(name) !== now.get(name))
        if (tables.length > 0) notices.push({ kind: 'legacy-rules', family, tables })
      }
      return notices
    },
  }
}

const readTables = async (
  runner: Runner,
  family: Family,
  file: string,
): Promise<ReadonlyMap<string, string>> => {
  if ((await readNames(file)).trim() === '') return new Map()
  const result = await runner.run(programs[family], [])
  const { exitCode, stdout, stderr } = result
  if (exitCode === 0) return tableHashes(stdout)
  const { why, mend } = lackOf(result) ?? { why: programEnd(result), mend: 'Run it by hand to see more.' }
  throw new InspectError(
    {
      problem: `The rules of iptables-legacy could not be read: ${programs[family]} failed: ${why}.`,
      remedy: () => mend,
    },
    { command: programs[family], exitCode, stderr },
  )
}

/** The names of the registered tables. A kernel without ip_tables has no such file, and no such rules. */
const readNames = async (file: string): Promise<string> => {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const code = errorCode(error)
    if (code === 'ENOENT') return ''
    if (code === 'EACCES' || code === 'EPERM')
      throw new PermissionError(
        `Changes of the rules of iptables-legacy cannot be seen: only root may read ${file}. Run this as root.`,
        'root',
      )
    throw error
  }
}

/**
 * A hash for each table in a text of iptables-save. It leaves out counters, and comments, which hold the time. A table
 * that accepts everything is left out: once registered it stays, and has the same effect as an unregistered one.
 */
export const tableHashes = (text: string): ReadonlyMap<string, string> => {
  const hashes = new Map<string, string>()
  for (const [, name = '', body = ''] of text.matchAll(/^\*(\S+)\n(.*?)^COMMIT$/gms)) {
    const lines = body
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => line.replace(/^(:\S+ \S+) \[\d+:\d+\]$/, '$1').replace(/^\[\d+:\d+\] /, ''))
    if (lines.some((line) => !/^:\S+ ACCEPT$/.test(line)))
      hashes.set(name, createHash('sha256').update(lines.join('\n')).digest('hex'))
  }
  return hashes
}
