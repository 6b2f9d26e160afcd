import { expect, test } from '@jest/globals'
import { partOf } from '../../../test/part-of.ts'
import type { NetworkConfig } from '../src/config/network-config.ts'
import { refuseChange } from '../src/verb/refuse-change.ts'

const network = {
  ...{ name: 'pods', bridge: 'br-pods', mtu: null, internal: false, icc: true, ip6: null },
  ip: { masquerade: true },
}
const hostWith = (...endpoints: readonly string[]) =>
  partOf<Parameters<typeof refuseChange>[0]>({
    networks: () => [network],
    endpoints: () => endpoints.map((service) => ({ service, network: 'pods' })),
  })
const asking = (keys: object, name = 'pods'): NetworkConfig => partOf<NetworkConfig>({ name, ...keys })

test.each([
  ['bridge', 'other0'],
  ['mtu', 1400],
  ['ipv6', true],
  ['ipv6', 'fd00:1::/64'],
  ['internal', true],
  ['icc', false],
  ['ipMasq', false],
])('a network is not changed under a container: %s', (key, value) => {
  expect(() => refuseChange(hostWith('a@eth0'), asking({ [key]: value }))).toThrow(
    `network pods was made with another "${key}" than this configuration has, and a container is on it (a@eth0)`,
  )
  refuseChange(hostWith(), asking({ [key]: value }))
  refuseChange(hostWith('a@eth0'), asking({ [key]: value }, 'others'))
})

test('what a configuration does not say, or says again, changes nothing', () => {
  refuseChange(hostWith('a@eth0'), asking({}))
  refuseChange(hostWith('a@eth0'), asking({ bridge: 'br-pods', ipv6: false, icc: true, ipMasq: true }))
})
