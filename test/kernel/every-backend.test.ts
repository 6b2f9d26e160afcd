import { readdirSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { backends } from '../lab/backend.ts'
import { obstacle } from '../lab/gate.ts'

// A suite that is not there fails nowhere: this is what notices that a backend has quietly dropped out.
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
