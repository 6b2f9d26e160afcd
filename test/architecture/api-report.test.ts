import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from '@jest/globals'

const run = promisify(execFile)
const root = resolve(import.meta.dirname, '../..')

describe('the public surface of every package', () => {
  test('is what its report says, and nothing in it is @internal', async () => {
    await run('node_modules/.bin/tsc', ['-b', 'packages/testing'], { cwd: root })
    const faults = await run(process.execPath, ['script/api-report.js'], { cwd: root }).then(
      () => '',
      ({ stderr }) => String(stderr),
    )
    expect(faults).toBe('')
  }, 300_000)
})
