import { fileURLToPath } from 'node:url'
import type { Entry } from '../entry.ts'
import { spreadOf } from '../measure.ts'
import { runProgram } from '../program.ts'
import type { Row } from '../row.ts'
import { wordsApart } from '../run-apart.ts'

const applier = fileURLToPath(new URL('../apply-project.js', import.meta.url))

/** An idle machine takes ten seconds. */
const LIMIT_MS = 600_000

export const entry: Entry = {
  about: 'planning and applying many mappings, nftables: how long, and the most memory that the process has',
  needs: 'namespace',
  measure: async ({ count, rounds }) => {
    const rows: Row[] = []
    for (const full of [10_000, 100_000]) {
      const size = count(full)
      const taken = Array.from({ length: rounds(3) }, () => {
        const told = runProgram(
          wordsApart([process.execPath, applier, String(size), 'nftables']),
          '',
          {},
          LIMIT_MS,
        )
        return JSON.parse(told) as { readonly milliseconds: number; readonly megabytes: number }
      })
      const title = `plan and apply ${size} mappings`
      const of = (unit: 'milliseconds' | 'megabytes') =>
        spreadOf(
          taken.map((one) => one[unit]),
          0,
        )
      rows.push(
        { what: title, unit: 'ms', measured: of('milliseconds'), mark: null, peers: [] },
        {
          what: `memory to ${title}`,
          unit: 'MB',
          measured: of('megabytes'),
          mark: { atMost: 300 },
          peers: [],
        },
      )
    }
    return rows
  },
}
