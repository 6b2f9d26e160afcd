import { describe, expect, test } from '@jest/globals'
import { memoryLeaseStore } from '@portolan/core'
import { partOf } from '../../../../test/part-of.ts'
import type { DockerParts } from '../../src/docker/docker-parts.ts'
import { ipamOptions } from '../../src/docker/ipam/ipam-options.ts'
import { requestPool } from '../../src/docker/ipam/pools.ts'
import { createEndpoint } from '../../src/docker/network/endpoints.ts'

const parts = partOf<DockerParts>({
  leases: memoryLeaseStore(),
  stateDirectory: '/nonexistent',
  host: {
    networks: () => [{ name: 'ab12'.repeat(3) }],
    endpoints: () => [],
    lease: async () => ({ mac: '' }),
  },
})

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
    ['com.docker.network.endpoint.ifname', 'Docker itself names the interface. Leave it out.'],
    ['com.docker.network.driver.mtu', 'is an option of a network, not of a container on it'],
    ['parent', 'is unknown to this driver'],
  ])('is refused as --driver-opt %s', async (name, words) => {
    await expect(createEndpoint(parts, { ...ids, Options: { [name]: 'x' } })).rejects.toThrow(words)
  })

  test('may have options of Docker itself', async () => {
    const Options = { 'com.docker.network.endpoint.exposedports': [], 'com.docker.network.portmap': [] }
    expect(await createEndpoint(parts, { ...ids, Options })).toEqual({ Interface: { MacAddress: '' } })
  })

  test.each([
    [{ size: 'big' }, false, '--ipam-opt size=big: expected a prefix length from 1 to 32 such as 24.'],
    [{ size: '0x10' }, false, '--ipam-opt size=0x10: expected'],
    [{ size: '33' }, false, '--ipam-opt size=33: expected'],
    [{ size: '129' }, true, '--ipam-opt size=129: expected a prefix length from 1 to 128 such as 64.'],
    [{ pool: 'zz' }, false, '--ipam-opt pool: "zz" is not a pool'],
    [{ pool: 'docker,' }, false, '--ipam-opt pool: "" is not a pool'],
    [{ pool: 'classic', subnet: '24' }, false, '--ipam-opt subnet is unknown: expected pool'],
  ])('is refused by its name as an option of its subnet: %j', async (Options, V6, words) => {
    await expect(requestPool(parts, { Options, V6 })).rejects.toThrow(words)
  })

  test.each([
    [{ size: '24' }, { Pool: '10.9.0.0/24' }, '--ipam-opt size has no use beside --subnet'],
    [{ size: '64' }, { Pool: 'fd00:9::/64', V6: true }, '--ipam-opt size has no use beside --subnet'],
    [{ pool: 'classic' }, { Pool: '10.9.0.0/24' }, '--ipam-opt pool has no use beside --subnet'],
    [{ pool: 'fd00::/48:64' }, { Pool: 'fd00:9::/64', V6: true }, '--ipam-opt pool has no use beside'],
    [{ size: 'big' }, { Pool: '10.9.0.0/24' }, '--ipam-opt size=big: expected'],
  ])('is refused as an option without effect: %j', async (Options, request, words) => {
    await expect(requestPool(parts, { ...request, Options })).rejects.toThrow(words)
  })

  test.each([
    // With --ipv6 and one --subnet, the option is for the subnet that is not named.
    [{ size: '64' }, { Pool: '10.99.9.0/24' }],
    [{ size: '24' }, { Pool: 'fd00:99:9::/64', V6: true }],
    [{ pool: 'fd00::/48:64' }, { Pool: '10.99.8.0/24' }],
    [{ pool: 'classic' }, { Pool: 'fd00:99:8::/64', V6: true }],
  ])('is accepted as an option for the other family: %j', (Options, request) => {
    expect(ipamOptions({ ...request, Options }, 'V6' in request ? 'ip6' : 'ip', null)).toMatchObject({
      size: null,
    })
  })
})
