import { expect, test } from '@jest/globals'
import { projectOf } from '../src/chain/behind-bridge.ts'

test('each attachment has a project of its own, whose name is one', () => {
  const names = [
    projectOf('pods', 'A'.repeat(64), 'eth0'),
    projectOf('pods', 'A'.repeat(64), 'eth1'),
    projectOf('other', 'A'.repeat(64), 'eth0'),
    projectOf('pods', 'a.b', 'eth0'),
    projectOf('pods', 'a-b', 'eth0'),
  ]
  expect(new Set(names).size).toBe(names.length)
  for (const name of names) expect(name).toMatch(/^[a-z0-9][a-z0-9_-]{0,62}$/)
})
