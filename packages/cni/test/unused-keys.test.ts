import { expect, test } from '@jest/globals'
import type { WrittenConfig } from '../src/config/config-schema.ts'
import { unusedKeys } from '../src/config/unused-keys.ts'

const wordsOf = (config: object): readonly string[] => unusedKeys(config as WrittenConfig)

test.each([
  [
    { ipam: { type: 'host-local', subnet: '10.85.0.0/16' } },
    '"ipam" in the network configuration has no effect',
  ],
  [{ isGateway: false }, 'Without a way to the outside, write "internal": true.'],
  [{ hairpinMode: false }, 'A container always reaches its own ports.'],
  [{ portIsolation: true }, 'Write "icc": false.'],
  [{ vlan: 100 }, '"vlan" in the network configuration has no effect with portolan-cni. Remove it.'],
  [{ conditionsV4: ['-s', '192.0.2.0/24'] }, '"conditionsV4"'],
  [
    { pool: 'classic', subnet: '10.85.0.0/16' },
    '"pool" in the network configuration picks nothing beside "subnet"',
  ],
  [{ pool: 'classic', subnet: '10.85.0.0/16', ipv6: 'fd00:85::/64' }, 'picks nothing beside "subnet"'],
])('a key without effect is named: %j', (config, words) => {
  expect(wordsOf(config)).toEqual([expect.stringContaining(words)])
})

test.each([
  { isGateway: true, isDefaultGateway: true, hairpinMode: true, snat: true },
  { vlan: 0, promiscMode: false, ipam: {}, conditionsV4: [], externalSetMarkChain: '' },
  { subnet: '10.85.0.0/16', bridge: 'cni0', mtu: 1400 },
  { pool: 'classic', ipv6: true },
  { pool: ['fd00::/48:64'], subnet: '10.85.0.0/16', ipv6: true },
  { 'io.kubernetes.cri': 'x' },
])('a key that asks for what is done is not named: %j', (config) => {
  expect(wordsOf(config)).toEqual([])
})
