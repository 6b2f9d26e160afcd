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
    [{ [`${bridge}enable_icc`]: 'perhaps' }, `${bridge}enable_icc`],
    [{ [`${bridge}name`]: 'a/b' }, `${bridge}name`],
    [{ 'com.docker.network.driver.mtu': '60' }, 'expected 68 to 65535'],
    [{ 'x-portolan.reachable_from': '10.8.0.0/33' }, 'reachable_from'],
    [{ [`${bridge}name`]: 'a/$HOME' }, 'a/$HOME'],
  ])('is refused where it cannot be: %j', (options, words) => {
    expect(() => asked(options)).toThrow(words)
    expect(() => asked(options)).not.toThrow(/docker network create:\d/)
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
