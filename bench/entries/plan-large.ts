import { fileURLToPath } from 'node:url'
import type { Backend } from 'portolan'
import type { Entry } from '../entry.ts'
import { spreadOf } from '../measure.ts'
import { runProgram } from '../program.ts'
import type { Row } from '../row.ts'

const planner = fileURLToPath(new URL('../plan-project.js', import.meta.url))

const backends: readonly Backend[] = ['nftables', 'iptables-nft']

/** An idle machine takes five seconds. A machine with busy cores takes twenty and more. */
const LIMIT_MS = 600_000

const projects = [
  { what: 'networks', full: 200, host: 'empty', mark: { ms: 2_000, MB: 300 } },
  { what: 'networks', full: 200, host: 'ordinary', mark: { ms: 2_000, MB: 300 } },
  { what: 'mappings', full: 100_000, host: 'empty', mark: { MB: 300 } },
] as const

export const entry: Entry = {
  about: 'planning large projects: how long, and the most memory that the process has',
  needs: 'nothing',
  measure: async ({ count, rounds }) => {
    const rows: Row[] = []
    for (const { what, full, host, mark } of projects)
      for (const backend of backends) {
        const size = count(full)
        const taken = Array.from({ length: rounds(3) }, () => {
          const words = [process.execPath, planner, what, String(size), backend, host]
          const told = runProgram(words, '', {}, LIMIT_MS)
          return JSON.parse(told) as { readonly milliseconds: number; readonly megabytes: number }
        })
        const title = `plan ${size} ${what}, ${backend}, on ${host === 'empty' ? 'an empty' : 'an ordinary'} host`
        const atMost = 'ms' in mark ? { atMost: mark.ms } : null
        rows.push(
          {
            what: title,
            unit: 'ms',
            measured: spreadOf(
              taken.map(({ milliseconds }) => milliseconds),
              0,
            ),
            mark: atMost,
            peers: [],
          },
          {
            what: `memory to ${title}`,
            unit: 'MB',
            measured: spreadOf(
              taken.map(({ megabytes }) => megabytes),
              0,
            ),
            mark: { atMost: mark.MB },
            peers: [],
          },
        )
      }
    return rows
  },
}
