import { expect, test } from '@jest/globals'
import { keptSysctl, type SysctlUse } from '../../src/index.ts'

const forward = { name: 'net.ipv4.ip_forward', value: '1', before: '0' }
const unread: SysctlUse = { kind: 'unread', owner: null, text: 'The rules could not be read: nft failed.' }

test('a reason why rules could not be read is a sentence of its own', () => {
  expect(keptSysctl(forward, [unread]).message).toBe(
    'net.ipv4.ip_forward stays 1. It was 0 before the first apply. It is not known whether anything relies on it. The rules could not be read: nft failed. Once nothing does, run: sysctl -w net.ipv4.ip_forward=0',
  )
  const bridge: SysctlUse = { kind: 'bridge', owner: null, text: 'br0' }
  expect(keptSysctl(forward, [bridge, unread]).message).toContain(
    'These may rely on it: bridge br0. It is not known whether anything else does. The rules could not be read: nft failed. Once',
  )
})
