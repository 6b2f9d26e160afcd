import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Backend } from '../../lab/backend.ts'
import type { OpenLab } from '../lifecycle/describe-lifecycle.ts'
import { roundsInHost } from '../lifecycle/in-host.ts'

const network = fc.constantFrom('web', 'db')
const endpoint = fc.constantFrom('a', 'b', 'c')
const netns = fc.constantFrom('one', 'two')

/** Attach is the most frequent call, so that the other calls find an endpoint. */
const command = fc.oneof(
  { weight: 4, arbitrary: fc.record({ call: fc.constant('attach'), network, endpoint, netns }) },
  { weight: 2, arbitrary: fc.record({ call: fc.constant('detach'), endpoint, keepLease: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ call: fc.constant('publish'), endpoint }) },
  { weight: 1, arbitrary: fc.record({ call: fc.constant('end'), netns }) },
  {
    weight: 2,
    arbitrary: fc.record({
      call: fc.constant('damage'),
      network,
      endpoint,
      how: fc.constantFrom('flush', 'release', 'down'),
    }),
  },
)

const sequences = Number(process.env.PORTOLAN_ATTACH_SEQUENCES ?? 10)

/** Random sequences of calls. The interfaces, leases, ports and rules must equal those of a model. */
export const randomAttach = (open: OpenLab, backend: Backend): void => {
  test('the attached interfaces, leases and published ports equal those of a model after each call', async () => {
    const lab = await open()
    const file = new URL('random-round.mjs', import.meta.url).pathname
    const round = roundsInHost(
      lab,
      backend,
      `const { randomRound } = await import('${file}')
       const host = await open({ project: 'shop' })
       await host.ensureNetwork('web', { pool: 'classic', ipv6: true })
       await host.ensureNetwork('db', { pool: 'classic' })
       const round = (commands) => randomRound(host, commands)`,
    )
    let done = 0
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 1, maxLength: 12 }), async (commands) => {
        await round(commands)
        done += 1
        if (process.env.PORTOLAN_ATTACH_SEQUENCES !== undefined && done % 50 === 0)
          process.stderr.write(`${done} sequences\n`)
      }),
      { numRuns: sequences, endOnFailure: true },
    )
    // Each round detaches its endpoints at its end, so no host end of a veth pair (ve-...) is left.
    expect(await lab.host.mustRun(['sh', '-c', "ip -o link | grep -c ' ve-' || true"])).toBe('0\n')
  }, 3_600_000)
}
