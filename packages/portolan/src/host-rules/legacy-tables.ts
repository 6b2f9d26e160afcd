import { readFileSync } from 'node:fs'
import { type LegacyTables, legacyTableFiles, type Runner } from '@portolan/core'
import { runsHere } from '@portolan/host'
import type { Family } from '@portolan/netfilter'
import { errorCode } from '@portolan/netfilter/schema'

/** @internal */
export const registeredLegacyTables = (
  files: Readonly<Record<Family, string>> = legacyTableFiles,
): Promise<LegacyTables> => namesOf(async (family) => readOwn(files[family]))

/**
 * The registered legacy tables in the network namespace of a Runner's programs, which need not be that of this process.
 * @internal
 */
export const legacyTablesOf = (runner: Runner): Promise<LegacyTables> =>
  runsHere(runner)
    ? registeredLegacyTables()
    : namesOf((family) => readThrough(runner, legacyTableFiles[family]))

/** @param read - the text of a family's file; empty: there is none; null: it may not be read */
const namesOf = async (read: (family: Family) => Promise<string | null>): Promise<LegacyTables> => {
  const hidden: Family[] = []
  const names = async (family: Family): Promise<readonly string[]> => {
    const text = await read(family)
    if (text === null) hidden.push(family)
    return (text ?? '').split('\n').filter((name) => name !== '')
  }
  return { ip: await names('ip'), ip6: await names('ip6'), hidden }
}

const readOwn = async (file: string): Promise<string | null> => {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    // A kernel without ip_tables has no such file, and no such rules.
    return errorCode(error) === 'ENOENT' ? '' : null
  }
}

const readThrough = async (runner: Runner, file: string): Promise<string | null> => {
  const { exitCode, stdout, stderr } = await runner.run('cat', [file])
  if (exitCode === 0) return stdout
  return /No such file or directory/.test(stderr) ? '' : null
}
