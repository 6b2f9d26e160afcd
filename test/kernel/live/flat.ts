import { expect, test } from '@jest/globals'
import { fromJson } from '../../from-json.ts'
import type { Backend } from '../../lab/backend.ts'
import type { OpenLab } from '../lifecycle/describe-lifecycle.ts'
import { argvOf } from './calling.ts'

/** The number of ports that one process publishes and unpublishes. For more, with the figures: PORTOLAN_FLAT=100000. */
const count = Number(process.env.PORTOLAN_FLAT ?? 200)
/**
 * Megabytes. A long run with a leak of half a kilobyte a call exceeds this; the noise of the heap in a short run does
 * not.
 */
const mostGrowthMb = Math.max(12, count / 2000)

interface Usage {
  readonly ports: number
  readonly heap: number
  readonly rss: number
  readonly descriptors: number
}

/** One program that runs for a long time. */
export const flat = (open: OpenLab, backend: Backend): void => {
  test(`keeps its memory and its descriptors after ${count} ports that were published and withdrawn`, async () => {
    const lab = await open()
    const [env, directory, folder, node, program] = argvOf('flat.mjs')
    const { exitCode, stdout, stderr } = await lab.host.run(
      [env, directory, folder, node, '--expose-gc', program].filter((word) => word !== undefined),
      {
        environment: {
          FLAT_BACKEND: backend,
          FLAT_STATE: '/run/lab/live',
          FLAT_COUNT: String(count),
          FLAT_LISTS: backend === 'nftables' ? '0' : '1',
        },
        timeoutMs: 36e5,
      },
    )
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    if (process.env.PORTOLAN_FLAT !== undefined) process.stderr.write(`${backend}\n${stdout}`)
    const lines = stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => fromJson<Usage>(line))
    // Compares with the first tenth: by then everything that is made only once exists.
    const [first, last] = [lines[0], lines.at(-1)]
    if (first === undefined || last === undefined) throw new Error(stdout)
    expect(last.descriptors).toBe(first.descriptors)
    expect(last.heap - first.heap).toBeLessThan(mostGrowthMb)
  }, 36e5)
}
