import { expect, test } from '@jest/globals'
import { createMachine } from '../lab/machine.ts'
import { start } from '../lab/run.ts'
import { until } from '../lab/until.ts'
import { nowWaiting } from '../lab/waiting.ts'
import WorkerRealm from '../suites/worker-realm.js'

test('what is awaited is asked for until it is there', async () => {
  let looks = 0
  expect(
    await until('the third look', () => {
      looks += 1
      return looks === 3 && 'it'
    }),
  ).toBe('it')
})

test('a program that has ended ends the wait for it, with what is there and what it printed', async () => {
  const program = start(['sh', '-c', 'echo begun; echo "no such port" >&2'])
  const waiting = until('a port', () => false, { beside: program, shows: () => ['8080'] })
  await expect(waiting).rejects.toThrow(
    /^waited for a port: the program has ended\nthere is: \["8080"\]\nbegun\nno such port\n$/,
  )
})

test('what a program did before its end is seen', async () => {
  const program = start(['true'])
  await program.outcome
  expect(await until('the end', () => true, { beside: program })).toBe(true)
})

/** jest's messages for a test that has just exceeded its time limit, after another error. */
const toldAtLimit = async (): Promise<readonly unknown[]> => {
  const limit = 'Exceeded timeout of 5 ms for a test.'
  const errors: [unknown, Error][] = [
    ['another error', new Error()],
    [limit, new Error()],
  ]
  const event = { name: 'test_fn_failure', error: limit, test: { errors } }
  await new WorkerRealm().handleTestEvent(event, { unhandledErrors: [] })
  return errors.map(([error]) => error)
}

test('a test that runs into its limit says what it waits for', async () => {
  await using machine = await createMachine('slow')
  const asleep = machine.run(['sleep', '2'])
  const done = nowWaiting({ what: () => 'an event', shows: async () => ['another'] })
  const told = await toldAtLimit()
  done()
  expect(told).toEqual([
    'another error',
    expect.stringMatching(
      /^Exceeded timeout of 5 ms for a test\.\nIt waits for slow: run \{"argv":\["sleep","2"\].*\nIt waits for an event; there is: \["another"\]$/,
    ),
  ])
  await asleep
})

test('and which program it waits for the end of, with what that has printed', async () => {
  const program = start(['sh', '-c', 'echo begun; exec sleep 600'])
  await until('its first words', () => program.printed() !== '', { beside: program })
  const ended = program.outcome
  const told = await toldAtLimit()
  program.kill('SIGKILL')
  await ended
  expect(told.at(-1)).toBe(
    'Exceeded timeout of 5 ms for a test.\nIt waits for the end of sh -c echo begun; exec sleep 600; there is: "begun\\n"',
  )
  expect(await toldAtLimit()).toEqual(['another error', 'Exceeded timeout of 5 ms for a test.'])
})
