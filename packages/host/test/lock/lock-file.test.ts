import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { openLockFile } from '../../src/lock/lock-file.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portolan-lock-'))
  mkdirSync(join(folder, 'locks'), { mode: 0o700 })
})
afterEach(() => rmSync(folder, { recursive: true }))

test('a link in the place of the lock file is refused, and the message says to remove it', () => {
  const path = join(folder, 'locks', 'network.lock')
  symlinkSync(join(folder, 'elsewhere'), path)
  expect(() => openLockFile(path)).toThrow(
    `The lock file ${path} could not be opened: it is a link to another file. Remove the link, and run this again.`,
  )
  expect(readdirSync(folder)).toEqual(['locks'])
})

test('a folder in the place of the lock file is refused, with the reason in words and what to do', () => {
  const path = join(folder, 'locks', 'network.lock')
  mkdirSync(path)
  expect(() => openLockFile(path)).toThrow(
    `The lock file ${path} could not be opened: it is a folder. Fix that, and run this again.`,
  )
})
