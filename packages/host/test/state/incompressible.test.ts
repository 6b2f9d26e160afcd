import { deflateSync } from 'node:zlib'
import { expect, test } from '@jest/globals'
import { incompressible } from '../../src/state/incompressible.ts'

test('what is written to see whether a disk has room takes the room that it stands for', () => {
  expect(deflateSync(incompressible(4096)).length).toBeGreaterThan(4000)
  expect(deflateSync(' '.repeat(4096)).length).toBeLessThan(100)
})
