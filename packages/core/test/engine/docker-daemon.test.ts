import { describe, expect, test } from '@jest/globals'
import { parseDockerDaemon } from '../../src/engine/docker-daemon.ts'

const file = '/etc/docker/daemon.json'
const read = (value: unknown) => parseDockerDaemon(JSON.stringify(value), file)

describe('parseDockerDaemon', () => {
  test('the default bridge has the subnet of bip, host bits cleared', () => {
    const { networks, complaints } = read({
      bip: '10.200.0.1/24',
      'log-driver': 'json-file',
      'storage-opts': ['overlay2.size=10G'],
      mtu: 1450,
    })
    expect(networks).toEqual([
      { engine: 'docker', name: 'bridge', subnets: ['10.200.0.0/24'], bridge: 'docker0', file },
    ])
    expect(complaints).toEqual([])
  })
  test('fixed-cidr is a part of bip and is not said again; the IPv6 keys count too', () => {
    const { networks } = read({
      bip: '192.168.1.5/24',
      'fixed-cidr': '192.168.1.5/25',
      'fixed-cidr-v6': '2001:db8:1::/64',
    })
    expect(networks[0]?.subnets).toEqual(['192.168.1.0/24', '2001:db8:1::/64'])
  })
  test('fixed-cidr alone is a subnet too', () => {
    expect(read({ 'fixed-cidr': '10.20.0.0/16' }).networks[0]?.subnets).toEqual(['10.20.0.0/16'])
  })
  test('another bridge is named; without a default bridge bip says nothing', () => {
    expect(read({ bip: '10.5.0.1/24', bridge: 'br0' }).networks[0]?.bridge).toBe('br0')
    expect(read({ bip: '10.5.0.1/24', bridge: 'none' }).networks).toEqual([])
  })
  test('default-address-pools are pools, not networks', () => {
    const { networks, pools } = read({
      'default-address-pools': [
        { base: '172.30.0.0/16', size: 24 },
        { base: 'fd00:1::/48', size: 64 },
      ],
    })
    expect(networks).toEqual([])
    expect(pools).toEqual([
      { engine: 'docker', base: '172.30.0.0/16', size: 24, file },
      { engine: 'docker', base: 'fd00:1::/48', size: 64, file },
    ])
  })
  test.each(['', ' \n', '{}'])('%j defines nothing, and is no mistake', (text) => {
    expect(parseDockerDaemon(text, file)).toEqual({ networks: [], pools: [], complaints: [] })
  })
  test.each([
    ['{"bip": "10.5.0.1/24",}', /^\/etc\/docker\/daemon\.json could not be understood: it is not JSON/],
    ['[]', /expected a JSON object/],
    ['{"bip": "10.5.0.1/33"}', /daemon\.json: bip: expected a subnet .* found "10\.5\.0\.1\/33"/],
    ['{"bip": 7}', /bip: expected a subnet .* found 7/],
    ['{"default-address-pools": {}}', /default-address-pools: expected a list/],
    ['{"default-address-pools": [null]}', /default-address-pools\[0\]: expected a base and a size/],
    ['{"default-address-pools": [{"base": "10.0.0.0/8"}]}', /\[0\]: expected a base and a size/],
  ])('%s is complained of and defines nothing', (text, complaint) => {
    const reading = parseDockerDaemon(text, file)
    expect(reading.complaints).toEqual([expect.stringMatching(complaint)])
    expect([reading.networks, reading.pools]).toEqual([[], []])
  })
  test('a mistake in one key does not hide the others', () => {
    const { networks, complaints } = read({ bip: 'x', 'fixed-cidr-v6': 'fd00::/64' })
    expect(networks[0]?.subnets).toEqual(['fd00::/64'])
    expect(complaints).toHaveLength(1)
  })
})
