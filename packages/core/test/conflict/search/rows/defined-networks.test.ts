import { describe, expect, test } from '@jest/globals'
import type { EngineNetworkFact, HostFacts } from '@portolan/netfilter'
import { findRuleConflicts } from '../../../../src/conflict/index.ts'
import { readCompose } from '../../../../src/intent/index.ts'
import { resolve } from '../../../../src/resolve/index.ts'

const intent = readCompose('services: {web: {networks: [n]}}\nnetworks: {n: {external: true, name: web}}', {
  source: 'compose.yaml',
  project: 'shop',
})
const web: EngineNetworkFact = {
  engine: 'docker',
  name: 'web',
  subnets: ['10.77.0.0/24'],
  bridge: 'br-abc',
  used: [],
}
const kinds = (facts: HostFacts): readonly string[] => {
  const { desired, conflicts } = resolve(intent, facts)
  return [...conflicts, ...findRuleConflicts(desired, facts, [])].map(({ kind }) => kind)
}

describe('a network of another engine that the facts define, and no more', () => {
  test.each<[string, Partial<EngineNetworkFact>]>([
    ['has the first address of its subnet as its gateway', {}],
    ['has the gateway that is given', { gateways: ['10.77.0.254'] }],
    ['may have IPv6 alone', { subnets: ['fd00:77::/64'] }],
    ['may have both families', { subnets: ['10.77.0.0/24', 'fd00:77::/64'] }],
  ])('%s, and is reached by it', (_, more) => {
    expect(kinds({ networks: [{ ...web, ...more }] })).toEqual([])
  })

  test.each<[string, HostFacts]>([
    ['by name alone', { interfaces: [{ name: 'br-abc', kind: 'bridge' }] }],
    ['not at all', { interfaces: [{ name: 'lo', addresses: ['127.0.0.1/8'] }] }],
  ])('is reached where the interfaces list its bridge %s', (_, facts) => {
    expect(kinds({ ...facts, networks: [web] })).toEqual([])
  })

  test('is not reached where its bridge is said to have no address, or to be down', () => {
    const bridge = { name: 'br-abc', kind: 'bridge', addresses: [] }
    expect(kinds({ networks: [web], interfaces: [bridge] })).toContain('NetworkDropped')
    expect(kinds({ networks: [web], interfaces: [{ name: 'br-abc', up: false }] })).toContain('BridgeDown')
  })
})
