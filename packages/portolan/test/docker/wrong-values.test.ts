import { describe, expect, test } from '@jest/globals'
import { memoryLeaseStore } from '@portolan/core'
import type { DockerParts } from '../../src/docker/docker-parts.ts'
import { requestPool } from '../../src/docker/ipam/pools.ts'
import { createEndpoint } from '../../src/docker/network/endpoints.ts'

const parts = {
  leases: memoryLeaseStore(),
  stateDirectory: '/nonexistent',
  host: {
    networks: () => [{ name: 'ab12'.repeat(3) }],
    endpoints: () => [],
    lease: async () => ({ mac: '' }),
  },
} as unknown as DockerParts

const ids = { NetworkID: 'ab12'.repeat(16), EndpointID: 'cd34'.repeat(16) }

describe('what Docker hands over', () => {
  test.each([
    'zz',
    '02:42:ac:11:00',
    '02-42-ac-11-00-01',
    '01:00:5e:00:00:01',
    '00:00:00:00:00:00',
    '02:42\n',
  ])('is refused as --mac-address where an interface cannot have it: %j', async (mac) => {
    await expect(createEndpoint(parts, { ...ids, Interface: { MacAddress: mac } })).rejects.toThrow(
      `--mac-address ${JSON.stringify(mac)}: expected a MAC address such as 02:42:ac:11:00:01`,
    )
  })

  test.each([
    [{ size: 'big' }, false, '--ipam-opt size=big: expected a prefix length from 1 to 32 such as 24.'],
    [{ size: '0x10' }, false, '--ipam-opt size=0x10: expected'],
    [{ size: '33' }, false, '--ipam-opt size=33: expected'],
    [{ size: '129' }, true, '--ipam-opt size=129: expected a prefix length from 1 to 128 such as 64.'],
    [{ pool: 'zz' }, false, '--ipam-opt pool: "zz" is not a pool'],
    [{ pool: 'docker,' }, false, '--ipam-opt pool: "" is not a pool'],
  ])('is refused by its name as an option of its subnet: %j', async (Options, V6, words) => {
    await expect(requestPool(parts, { Options, V6 })).rejects.toThrow(words)
  })
})
