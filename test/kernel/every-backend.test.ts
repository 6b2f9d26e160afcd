import { readdirSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { backends } from '../lab/backend.ts'
import { obstacle } from '../lab/gate.ts'

// A missing suite fails nowhere else. This test notices when a backend has no suite any more.
describe('the kernel suites', () => {
  const files = readdirSync(new URL('.', import.meta.url))

  test.each(backends)('exist for %s', (backend) => {
    expect(files).toEqual(
      expect.arrayContaining([`contract-${backend}.test.ts`, `lifecycle-${backend}.test.ts`]),
    )
  })

  test.each(backends)('can be run for %s in continuous integration', (backend) => {
    const reason = obstacle(backend)
    if (reason === null) return
    if (process.env.CI === 'true') throw new Error(reason)
    process.stderr.write(`\n*** NOT RUN: everything on ${backend}. ${reason}\n`)
  })
})
