import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'
import { run } from './portolan.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

test('npm start without arguments shows the plan and exits 0, though there is something to do', async () => {
  const { code, stdout } = await run(['npm', 'start', '--silent'], {
    folder: root,
    environment: { HOME: process.env.HOME ?? root },
  })
  expect(stdout).toMatch(/^Plan for project shop with \S+\n/)
  expect(stdout).toMatch(/\d+ to add, .*\n$/)
  expect(code).toBe(0)
})

test('npm start with arguments returns the exit code of the command', async () => {
  const words = ['npm', 'start', '--silent', '--', 'subnet', '--host', '/dev/null']
  const { code, stdout } = await run(words, { folder: root, environment: { HOME: process.env.HOME ?? root } })
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
})
