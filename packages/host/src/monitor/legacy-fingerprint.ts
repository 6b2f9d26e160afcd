import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { legacyTableFiles, type Runner } from '@portolan/core'
import { type Family, InspectError, PermissionError } from '@portolan/netfilter'
import type { LegacyRulesNotice } from './notice.ts'

/** Tells whether the rules of iptables-legacy are still what they were. */
export interface LegacyFingerprint {
  /**
   * Reads the rules again. The first time it tells of nothing.
   * @throws InspectError, MissingToolError, PermissionError when they cannot be read
   */
  poll(): Promise<readonly LegacyRulesNotice[]>
}

const families = ['ip', 'ip6'] as const
const programs: Readonly<Record<Family, string>> = {
  ip: 'iptables-legacy-save',
  ip6: 'ip6tables-legacy-save',
}

/**
 * A program is run only for a family in which a table is registered: `/proc/net/ip_tables_names` lists them, and
 * asking for any other table would register it.
 *
 * @param files - where the kernel names the tables, by family
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
  const { exitCode, stdout, stderr } = await runner.run(programs[family], [])
  if (exitCode !== 0)
    throw new InspectError(
      `The rules of iptables-legacy could not be read: ${programs[family]} exited ${exitCode}: ${stderr.trim()}`,
      { command: programs[family], exitCode, stderr },
    )
  return tableHashes(stdout)
}

/** A kernel without ip_tables has no such file, and no such rules. */
const readNames = async (file: string): Promise<string> => {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
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
 * A hash for each table of a text of iptables-save, without comments, which hold the time, and without counters. A table
 * that lets everything pass is left out: once registered it stays, and does no more than one that is not.
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
