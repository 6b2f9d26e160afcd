import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'
import { run } from './portolan.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

test('npm start without arguments shows the plan and exits 0, though there is something to do', async () => {
  const { code, stdout } = await run(['npm', 'start', '--silent'], {
    folder: root,
    environment: { HOME: process.env.HOME ?? root },
  })
  expect(stdout).toMatch(/^Plan for project shop with \S+\nChanges: \d+ to add, /)
  expect(stdout.trimEnd().split('\n').length).toBeLessThanOrEqual(50)
  expect(code).toBe(0)
})

test('npm start with arguments returns the exit code of the command', async () => {
  const words = ['npm', 'start', '--silent', '--', 'subnet', '--host', '/dev/null']
  const { code, stdout } = await run(words, { folder: root, environment: { HOME: process.env.HOME ?? root } })
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
})

test('npm run example runs one of the examples on this Node, and lists them without a name', async () => {
  const environment = { HOME: process.env.HOME ?? root }
  const one = await run(['npm', 'run', '--silent', 'example', '02-subnets'], { folder: root, environment })
  expect(one.stdout).toMatch(/^web: 172\.16\.42\.0\/24, gateway 172\.16\.42\.1, of pool classic\n/)
  const none = await run(['npm', 'run', '--silent', 'example'], { folder: root, environment })
  expect(none.stdout.split('\n')).toContain('02-subnets')
  const wrong = await run(['npm', 'run', '--silent', 'example', 'nope'], { folder: root, environment })
  expect({ code: wrong.code, stderr: wrong.stderr }).toEqual({
    code: 1,
    stderr: expect.stringContaining('no example nope'),
  })
})
