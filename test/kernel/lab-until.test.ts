import { expect, test } from '@jest/globals'
import { createMachine } from '../lab/machine.ts'
import { start } from '../lab/run.ts'
import { until } from '../lab/until.ts'
import { nowWaiting } from '../lab/waiting.ts'
import WorkerRealm from '../suites/worker-realm.js'

test('until asks again until there is an answer, and returns it', async () => {
  let looks = 0
  expect(
    await until('the third look', () => {
      looks += 1
      return looks === 3 && 'it'
    }),
  ).toBe('it')
})

test('the wait ends with the program that it depends on, and the error has the present state and the output', async () => {
  const program = start(['sh', '-c', 'echo begun; echo "no such port" >&2'])
  const waiting = until('a port', () => false, { beside: program, shows: () => ['8080'] })
  await expect(waiting).rejects.toThrow(
    /^waited for a port: the program has ended\nthere is: \["8080"\]\nbegun\nno such port\n$/,
  )
})

test('until asks once more after the program has ended', async () => {
  const program = start(['true'])
  await program.outcome
  expect(await until('the end', () => true, { beside: program })).toBe(true)
})

/** jest's messages for a test that has just exceeded its time limit, after another error. */
const messagesAtLimit = async (): Promise<readonly unknown[]> => {
  const limit = 'Exceeded timeout of 5 ms for a test.'
  const errors: [unknown, Error][] = [
    ['another error', new Error()],
    [limit, new Error()],
  ]
  const event = { name: 'test_fn_failure', error: limit, test: { errors } }
  await new WorkerRealm().handleTestEvent(event, { unhandledErrors: [] })
  return errors.map(([error]) => error)
}

test('the message of a test that exceeds its time limit names everything that it waits for', async () => {
  await using machine = await createMachine('slow', 'mount -t tmpfs tmpfs /run; mkfifo /run/end')
  // Runs until the test writes to the pipe.
  const reading = machine.run(['cat', '/run/end'])
  const done = nowWaiting({ what: () => 'an event', shows: async () => ['another'] })
  const messages = await messagesAtLimit()
  done()
  expect(messages).toEqual([
    'another error',
    expect.stringMatching(
      /^Exceeded timeout of 5 ms for a test\.\nIt waits for slow: run \{"argv":\["cat","\/run\/end"\].*\nIt waits for an event; there is: \["another"\]$/,
    ),
  ])
  await machine.mustRun(['sh', '-c', 'echo > /run/end'])
  await reading
})

test('the message names a program that the test waits for, with its output, and no longer after its end', async () => {
  const program = start(['sh', '-c', 'echo begun; exec sleep 600'])
  await until('its first words', () => program.printed() !== '', { beside: program })
  const ended = program.outcome
  const messages = await messagesAtLimit()
  program.kill('SIGKILL')
  await ended
  expect(messages.at(-1)).toBe(
    'Exceeded timeout of 5 ms for a test.\nIt waits for the end of sh -c echo begun; exec sleep 600; there is: "begun\\n"',
  )
  expect(await messagesAtLimit()).toEqual(['another error', 'Exceeded timeout of 5 ms for a test.'])
})
