import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { liveProjects } from '../../../src/live/wanted/live-projects.ts'
import { wantedStateFile } from '../../../src/live/wanted/open-wanted-state.ts'

let state = ''
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'portolan-live-'))
})
afterEach(() => rmSync(state, { recursive: true }))

test('a folder of wishes that cannot be read is an error with the reason in words and what to do', () => {
  const folder = dirname(wantedStateFile(state, 'shop'))
  mkdirSync(dirname(folder), { recursive: true })
  symlinkSync(folder, folder)
  expect(() => liveProjects(state)).toThrow(
    `The folder ${folder}, which says what live hosts want, could not be read: its links go in circles. Fix that, and run this again.`,
  )
})
