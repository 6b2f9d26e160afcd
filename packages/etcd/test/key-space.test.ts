import { expect, test } from '@jest/globals'
import { keySpace } from '../src/key-space.ts'

test('the keys of a cluster begin with its name, and those of no other cluster are among them', () => {
  const { first, end, keyOf, nameOf } = keySpace('prod')
  expect(keyOf('pools').toString()).toBe('/portolan/v1/prod/pools')
  expect(nameOf(keyOf('blocks/ip/0a400000-24'))).toBe('blocks/ip/0a400000-24')
  const isWithin = (key: Buffer): boolean => Buffer.compare(first, key) <= 0 && Buffer.compare(key, end) < 0
  expect(isWithin(keyOf('hosts/zebra'))).toBe(true)
  for (const other of ['prod-2', 'prod.a', 'prod0', 'pro', 'prodz'])
    expect(isWithin(keySpace(other).keyOf('pools'))).toBe(false)
})

test('an entry has the revisions as numbers', () => {
  const { keyOf, entryOf } = keySpace('prod')
  const value = { key: keyOf('pools'), value: Buffer.from('{}'), version: '1', lease: '0' }
  expect(entryOf({ ...value, create_revision: '7', mod_revision: '9' })).toEqual({
    ...{ key: 'pools', value: '{}' },
    ...{ created: 7, modified: 9 },
  })
})
