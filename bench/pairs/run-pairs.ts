import { loadEntry } from '../entry-files.ts'
import { ownMain, runApart } from '../run-apart.ts'
import type { Pair } from './compare.ts'

/**
 * The entries that changes slow most often, or that take seconds: reading, evaluating, searching, planning, writing.
 */
export const pairedEntries: readonly string[] = [
  'parse-iptables',
  'parse-nftables',
  'evaluate',
  'conflicts',
  'plan',
  'nftables-from-nothing',
]

export interface Pairs {
  readonly pairs: readonly Pair[]
  /** Entries that one of the builds could not run, with the reason. */
  readonly failed: readonly string[]
}

/**
 * Runs entries of two builds in turn. Every second pair begins with head, so that both builds gain equally from warm
 * caches.
 */
export const runPairs = async (
  names: readonly string[],
  base: string,
  count: number,
  tell: (text: string) => void,
): Promise<Pairs> => {
  const pairs: Pair[] = []
  const failed = new Map<string, string>()
  for (let round = 0; round < count; round += 1) {
    tell(`pair ${round + 1} of ${count} ...\n`)
    for (const name of names) {
      if (failed.has(name)) continue
      const { needs } = await loadEntry(name)
      const builds = round % 2 === 0 ? ([base, ownMain] as const) : ([ownMain, base] as const)
      const rows = new Map<string, Pair['base']>()
      for (const main of builds) {
        const ending = await runApart(name, needs, 'pairs', main)
        if (ending.kind === 'rows') rows.set(main, ending.rows)
        else failed.set(name, `${name}, ${main === base ? 'base' : 'head'}: ${ending.why}`)
      }
      const [before, after] = [rows.get(base), rows.get(ownMain)]
      if (before !== undefined && after !== undefined) pairs.push({ name, base: before, head: after })
    }
  }
  return { pairs, failed: [...failed.values()] }
}
