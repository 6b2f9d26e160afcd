import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from '@jest/globals'

const run = promisify(execFile)

test('Vitest runs the matchers as Jest does', async () => {
  const { NODE_OPTIONS: _options, ...env } = process.env
  const vitest = new URL('../../node_modules/vitest/vitest.mjs', import.meta.url).pathname
  const words = [vitest, 'run', '--config', 'vitest.config.js']
  const { stdout } = await run(process.execPath, words, {
    cwd: import.meta.dirname,
    env: { ...env, NO_COLOR: '1' },
  })
  expect(stdout).toMatch(/Tests {2}1 passed/)
})
