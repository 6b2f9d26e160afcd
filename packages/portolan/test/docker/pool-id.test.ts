import { expect, test } from '@jest/globals'
import { isPoolNetwork, poolIdText, poolNetwork, readPoolId } from '../../src/docker/ipam/pool-id.ts'

test.each([
  ['172.17.0.0/16', null, { family: 'ip', length: 16 }],
  ['172.17.0.0/16', '172.17.5.0/24', { family: 'ip', length: 16 }],
  ['fd00:1::/64', null, { family: 'ip6', length: 64 }],
] as const)('a pool is read from what Docker calls it by: %s %s', (subnet, ipRange, more) => {
  expect(readPoolId(poolIdText(subnet, ipRange))).toEqual({ subnet, ipRange, ...more })
  expect(isPoolNetwork(poolNetwork(subnet))).toBe(true)
})

test.each(['', 'web', '172.17.0.0/16,', '172.17.0.0/16,x', '172.17.0.0/16,172.17.0.0/24,1', '172.17.0.1'])(
  'what never was one is refused: %j',
  (text) => {
    expect(() => readPoolId(text)).toThrow('expected one that RequestPool of this driver gave')
  },
)
