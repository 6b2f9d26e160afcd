import { expect, test } from '@jest/globals'
import { entryOf } from '../../src/index.ts'
import { facts } from '../evaluate/model.ts'

test('a sender comes in by the interface that the way back to it leaves by', () => {
  expect(entryOf(facts, '172.18.0.9')).toEqual({ kind: 'interface', name: 'br-db' })
  expect(entryOf(facts, 'fd00:17::9')).toEqual({ kind: 'interface', name: 'br-web' })
})

test('an address of the host is its own, whatever interface has it', () => {
  expect([entryOf(facts, '198.51.100.2'), entryOf(facts, '127.0.0.9'), entryOf(facts, '::1')]).toEqual([
    { kind: 'host' },
    { kind: 'host' },
    { kind: 'host' },
  ])
})

test('a sender that no route leads to is not guessed', () => {
  expect(entryOf(facts, '203.0.113.1')).toEqual({ kind: 'unknown' })
})

test('a VPN in a table of its own is found by its rule', () => {
  const vpn = {
    ...facts,
    routes: [{ destination: '10.8.0.0/24', interface: 'wg0', table: 51820 }],
    rules: [{ priority: 5209, table: 51820 }],
  }
  expect(entryOf(vpn, '10.8.0.7')).toEqual({ kind: 'interface', name: 'wg0' })
})
