import { expect, test } from '@jest/globals'
import type { NetfilterTable, Step } from '@portolan/netfilter'
import { findAnomalies } from '@portolan/netfilter'
import {
  accept,
  base,
  drop,
  from,
  iif,
  oif,
  ruleset,
  table,
  tcpDport,
  to,
} from '../../../netfilter/test/evaluate/model.ts'
import { packetsOfDesired } from '../../src/contract/index.ts'
import { desired, mapping, network } from './state.ts'

const state = desired({
  networks: [network('web', { ip6: null })],
  mappings: [
    mapping(),
    mapping({ hostPort: 8081 }),
    mapping({ hostPort: 8082, hostAddress: '192.0.2.2', interface: 'eth0' }),
  ],
})

/** True: the search looks at the second of two rules in a chain, although it never acts. */
const isLookedAt = (
  hook: 'prerouting' | 'input' | 'forward' | 'postrouting',
  ...rule: readonly Step[]
): boolean => {
  const tables: readonly NetfilterTable[] = [
    table({ family: 'ip' }, base(hook, 0, {}, [...rule, drop], [...rule, accept])),
  ]
  return findAnomalies([ruleset(...tables)], { packets: packetsOfDesired(state) }).length > 0
}

test('packets to a container itself are seen before routing where other machines may send them', () => {
  const hooksOf = (mode: 'nat' | 'routed'): unknown =>
    packetsOfDesired(
      desired({ mappings: [], networks: [network('web', { ip6: null, subnet: { mode } })] }),
    )[0]?.hooks
  expect(hooksOf('nat')).toEqual(['output'])
  expect(hooksOf('routed')).toEqual(['prerouting', 'output'])
})

test('ports of one kind are one box, however many there are', () => {
  expect(packetsOfDesired(state).map(({ ports }) => ports)).toEqual([
    [8080, 8081],
    [8082],
    null,
    null,
    null,
    null,
  ])
})

test('published ports are seen before they are translated', () => {
  expect(isLookedAt('prerouting', tcpDport(8081))).toBe(true)
  expect(isLookedAt('prerouting', tcpDport(22), iif('eth0'))).toBe(false)
  expect(isLookedAt('input', tcpDport(8081), iif('eth0'))).toBe(false)
})

test('a mapping of one address and interface is seen there only', () => {
  expect(isLookedAt('prerouting', tcpDport(8082), to('192.0.2.2'), iif('eth0'))).toBe(true)
  expect(isLookedAt('prerouting', tcpDport(8082), to('192.0.2.3'), iif('eth0'))).toBe(false)
  expect(isLookedAt('prerouting', tcpDport(8082), to('192.0.2.2'), iif('eth1'))).toBe(false)
})

test('all that goes to a network, or comes from it, is seen on its way', () => {
  expect(isLookedAt('forward', to('172.17.0.2'), tcpDport(80), oif('br-web'))).toBe(true)
  expect(isLookedAt('forward', iif('br-web'), to('198.51.100.1'))).toBe(true)
  expect(isLookedAt('forward', to('10.0.0.1'), oif('eth1'), iif('eth0'))).toBe(false)
  expect(isLookedAt('postrouting', from('172.17.0.0/16'), oif('eth0'))).toBe(true)
  expect(isLookedAt('postrouting', from('10.0.0.0/8'), oif('eth0'))).toBe(false)
})
