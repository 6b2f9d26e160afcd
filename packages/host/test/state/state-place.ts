import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach } from '@jest/globals'

interface StatePlace {
  /** A folder of the test's own. */
  readonly base: string
  /** The state directory in it, which the first write makes. */
  readonly directory: string
  onlyFile(): string
}

/** A new place for each test of the suite. */
export const statePlace = (): StatePlace => {
  let base = ''
  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'portolan-'))
  })
  afterEach(() => rmSync(base, { recursive: true }))
  const directory = (): string => join(base, 'not', 'there', 'yet')
  return {
    get base() {
      return base
    },
    get directory() {
      return directory()
    },
    onlyFile: () => join(directory(), readdirSync(directory())[0] ?? ''),
  }
}
