import { expect, test } from '@jest/globals'
import type { Backend } from '../../lab/backend.ts'
import type { OpenLab } from '../lifecycle/describe-lifecycle.ts'
import { argvOf, documentedErrors, printedLines, readTwice } from './calling.ts'
import { emptyModel, linesFound, linesOf, possibleModels } from './model.ts'

/** The number of calls by each program. For more: PORTOLAN_CALLS=500. */
const calls = Number(process.env.PORTOLAN_CALLS ?? 40)

/** Several programs hold one project open and make calls at the same time. */
export const callers = (open: OpenLab, backend: Backend): void => {
  test.each([2, 4])(
    `%i programs that make calls at the same time lose none of their changes`,
    async (number) => {
      const lab = await open()
      const environment = { CALLS_BACKEND: backend, CALLS_STATE: '/run/lab/live' }
      const names = ['a', 'b', 'c', 'd'].slice(0, number)
      const outcomes = await Promise.all(
        names.map((name, at) =>
          lab.host.run(argvOf('calls.mjs'), {
            environment: {
              ...environment,
              CALLS_NAME: name,
              CALLS_PORT: String(8000 + 100 * at),
              CALLS_SEED: String(7 * number + at),
              CALLS_SHARED: '1',
              CALLS_COUNT: String(calls),
            },
            timeoutMs: 600_000,
          }),
        ),
      )
      const lines = outcomes.map(({ stdout, stderr, exitCode }) => {
        expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 })
        return printedLines(stdout)
      })
      const failed = lines
        .flat()
        .filter(({ error }) => error !== undefined && !documentedErrors.includes(error))
      expect(failed).toEqual([])
      const { before, after } = await readTwice(lab, environment)
      expect(before.inForce).toEqual(before.ports)
      expect(after.inForce).toEqual(before.ports)
      for (const family of ['ip', 'ip6'] as const) {
        const given = before.endpoints.map((endpoint) => endpoint[family])
        expect(new Set(given).size).toBe(given.length)
      }
      // Each program has names of its own. So the outcome of its calls on them is known.
      const found = linesFound(before, before.ports)
      for (const [at, name] of names.entries()) {
        const [model = emptyModel] = possibleModels(emptyModel, lines[at] ?? [])
        const isOwn = (line: string): boolean =>
          line.startsWith(`network ${name}`) ||
          line.startsWith(`endpoint ${name} `) ||
          line.startsWith(`port ${80 + at}`)
        expect(found.filter(isOwn)).toEqual(linesOf(model).filter(isOwn))
      }
    },
  )
}
