import { describe, expect, test } from '@jest/globals'
import { networkOptions } from '../../src/docker/network/network-options.ts'

const NetworkID = 'ab12'.repeat(16)
const pool = { AddressSpace: 'portolan', Pool: '10.0.0.0/16', Gateway: '10.0.42.1/16' }
const asked = (options: Readonly<Record<string, string>>, more: object = {}) =>
  networkOptions({
    NetworkID,
    Options: { 'com.docker.network.generic': options, ...more },
    IPv4Data: [pool],
    IPv6Data: [],
  })
const bridge = 'com.docker.network.bridge.'
const mtu = 'com.docker.network.driver.mtu'
const reachable = 'x-portolan.reachable_from'

describe('what Docker asks of a network', () => {
  test('without options, is a plain one on the subnet that its IPAM chose', () => {
    expect(asked({})).toEqual({
      ipv4: { mode: 'nat', subnet: '10.0.0.0/16', gateway: '10.0.42.1' },
      ipv6: false,
      bridge: null,
      internal: false,
      icc: true,
      masquerade: true,
      hostBinding: null,
      mtu: null,
    })
  })

  test('with -o, means what driver_opts of a Compose file mean', () => {
    const options = asked(
      {
        [`${bridge}name`]: 'br-web',
        [`${bridge}enable_icc`]: 'false',
        [`${bridge}enable_ip_masquerade`]: 'no',
        [`${bridge}host_binding_ipv4`]: '192.0.2.2',
        [`${bridge}gateway_mode_ipv4`]: 'routed',
        'com.docker.network.driver.mtu': '1400',
        'x-portolan.reachable_from': 'wg0, 10.8.0.0/24',
      },
      { 'com.docker.network.internal': true },
    )
    expect(options).toMatchObject({
      ipv4: { mode: 'routed' },
      bridge: 'br-web',
      internal: true,
      icc: false,
      hostBinding: '192.0.2.2',
      mtu: 1400,
      reachableFrom: [{ interface: 'wg0' }, '10.8.0.0/24'],
    })
  })

  test.each([
    [{ [`${bridge}enable_ic`]: 'false' }, `-o ${bridge}enable_ic is unknown to this driver: did you mean`],
    [{ parent: 'eth0' }, '-o parent is unknown to this driver: expected some of'],
    [
      { [`${bridge}enable_icc`]: 'perhaps' },
      `-o ${bridge}enable_icc: expected true or false, found "perhaps".`,
    ],
    [{ [`${bridge}enable_ip_masquerade`]: '' }, `-o ${bridge}enable_ip_masquerade: expected true or false`],
    [{ [`${bridge}name`]: 'a/b' }, `-o ${bridge}name: "a/b" is no interface name`],
    [{ [`${bridge}name`]: 'a/$HOME' }, `-o ${bridge}name: "a/$HOME" is no interface name`],
    [{ [`${bridge}name`]: 'default' }, `-o ${bridge}name: "default" is no interface name: the kernel keeps`],
    [
      { [reachable]: 'wg0,all' },
      `-o ${reachable} has "all" in it, which no interface can be called: the kernel`,
    ],
    [{ [`${bridge}host_binding_ipv4`]: '::1' }, `-o ${bridge}host_binding_ipv4: expected an IPv4 address`],
    [{ [`${bridge}gateway_mode_ipv4`]: 'open' }, `-o ${bridge}gateway_mode_ipv4: expected one of nat, `],
    [{ [`${bridge}gateway_mode_ipv6`]: 'isolated' }, 'expected `--internal` beside it'],
    [{ [mtu]: '60' }, `-o ${mtu}: expected 68 to 65535, found 60.`],
    [{ [mtu]: '1e3' }, `-o ${mtu}: expected a whole number from 0 to 65535, found "1e3".`],
    [{ [reachable]: '10.8.0.0/33' }, `-o ${reachable} has "10.8.0.0/33" in it: expected interfaces`],
    [{ [reachable]: 'wg0,' }, `-o ${reachable} has "" in it: expected interfaces`],
    [{ [reachable]: '10.8' }, `-o ${reachable} has "10.8" in it: expected interfaces`],
  ])('is refused by the name of its option where it cannot be: %j', (options, words) => {
    expect(() => asked(options)).toThrow(words)
  })

  test('is noted where an option has no effect, since the network lacks its family', () => {
    const told: string[] = []
    const options = { [`${bridge}gateway_mode_ipv6`]: 'routed', [`${bridge}enable_icc`]: 'false' }
    const request = { NetworkID, Options: { 'com.docker.network.generic': options } }
    networkOptions({ ...request, IPv4Data: [pool], IPv6Data: [] }, (text) => told.push(text))
    expect(told).toEqual([
      `-o ${bridge}gateway_mode_ipv6 has no effect: the network has no IPv6, which \`docker network create\` with IPv6 gives it`,
    ])
    networkOptions({ ...request, IPv6Data: [{ Pool: 'fd00::/64' }] }, (text) => told.push(text))
    expect(told).toHaveLength(1)
  })

  test('has an MTU that IPv6 can do with, and a gateway inside the subnet', () => {
    const ip6 = { Pool: 'fd00::/64', Gateway: 'fd00::1/64' }
    const options = { 'com.docker.network.generic': { [mtu]: '1279' } }
    expect(() => networkOptions({ NetworkID, Options: options, IPv6Data: [ip6] })).toThrow(
      `-o ${mtu}: IPv6 needs an MTU of 1280 or more, found 1279.`,
    )
    const outside = { Pool: '10.0.0.0/16', Gateway: '10.1.0.1/16' }
    expect(() => networkOptions({ NetworkID, IPv4Data: [outside] })).toThrow(
      '--gateway 10.1.0.1 lies outside the subnet 10.0.0.0/16.',
    )
  })

  test('has one subnet of each family, and one at least', () => {
    const request = { NetworkID, IPv4Data: [pool, { ...pool, Pool: '10.1.0.0/16' }] }
    expect(() => networkOptions(request)).toThrow('2 subnets of IPv4')
    expect(() => networkOptions({ NetworkID, IPv4Data: null, IPv6Data: null })).toThrow('no subnet')
    expect(() => networkOptions({ NetworkID, IPv4Data: [{ Pool: '0.0.0.0/0' }] })).toThrow('no subnet')
    expect(
      networkOptions({ NetworkID, IPv6Data: [{ Pool: 'fd00::/64', Gateway: 'fd00::1/64' }] }),
    ).toMatchObject({
      ipv4: false,
      ipv6: { subnet: 'fd00::/64', gateway: 'fd00::1' },
    })
  })
})
