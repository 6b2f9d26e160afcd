import { describe, expect, test } from '@jest/globals'
import { notes, refusal } from './read.ts'

describe('a network is refused, with its place', () => {
  test.each([
    ['driver null', '{driver: null}', /expected a value after `driver`/],
    ['no family', '{enable_ipv4: false}', /2:3: networks\.net: neither IPv4 nor IPv6 is enabled/],
    [
      'a truth that is none',
      '{internal: maybe}',
      /2:19: networks\.net\.internal: expected true or false, found "maybe"/,
    ],
    ['a list for a truth', '{internal: []}', /expected true or false, found a list/],
    [
      'two IPv4 subnets',
      '{ipam: {config: [{subnet: 10.0.0.0/24}, {subnet: 10.0.1.0/24}]}}',
      /config\[1\]: a second IPv4 subnet/,
    ],
    ['another IPAM driver', '{ipam: {driver: dhcp}}', /ipam\.driver: "dhcp" is not known/],
    [
      'an IPAM typo',
      '{ipam: {config: [{subnets: 10.0.0.0/24}]}}',
      /unknown key "subnets", expected one of subnet,/,
    ],
    [
      'a gateway without a subnet',
      '{ipam: {config: [{gateway: 10.0.0.1}]}}',
      /2:35: .*needs its `subnet` beside it/,
    ],
    [
      'a range without a subnet',
      '{ipam: {config: [{ip_range: 10.0.0.0/25}]}}',
      /needs its `subnet` beside it/,
    ],
    [
      'a gateway outside',
      '{ipam: {config: [{subnet: 10.0.0.0/24, gateway: 10.0.1.1}]}}',
      /10\.0\.1\.1 lies outside the subnet 10\.0\.0\.0\/24/,
    ],
    [
      'a gateway of the other family',
      '{ipam: {config: [{subnet: 10.0.0.0/24, gateway: "fd00::1"}]}}',
      /lies outside/,
    ],
    [
      'a gateway that is the network',
      '{ipam: {config: [{subnet: 10.0.0.0/24, gateway: 10.0.0.0}]}}',
      /is the network address/,
    ],
    [
      'a gateway that is the broadcast',
      '{ipam: {config: [{subnet: 10.0.0.0/24, gateway: 10.0.0.255}]}}',
      /is the broadcast address/,
    ],
    [
      'a range outside',
      '{ipam: {config: [{subnet: 10.0.0.0/24, ip_range: 10.0.1.0/25}]}}',
      /lies outside the subnet/,
    ],
    [
      'a range larger than the subnet',
      '{ipam: {config: [{subnet: 10.0.0.0/24, ip_range: 10.0.0.0/16}]}}',
      /lies outside the subnet/,
    ],
    ['a subnet without a length', '{ipam: {config: [{subnet: 10.0.0.0}]}}', /expected a prefix such as/],
    [
      'a subnet on loopback',
      '{ipam: {config: [{subnet: 127.1.0.0/16}]}}',
      /overlaps 127\.0\.0\.0\/8, which no network can use/,
    ],
    [
      'a multicast subnet',
      '{enable_ipv6: true, ipam: {config: [{subnet: "ff02::/64"}]}}',
      /overlaps ff00::\/8/,
    ],
    [
      'a bridge name too long',
      '{driver_opts: {com.docker.network.bridge.name: a-name-of-16-byt}}',
      /"a-name-of-16-byt" is no interface name: expected 1 to 15/,
    ],
    [
      'a bridge name with a slash',
      '{driver_opts: {com.docker.network.bridge.name: a/b}}',
      /is no interface name/,
    ],
    [
      'a bridge name with a wildcard',
      '{driver_opts: {com.docker.network.bridge.name: br+}}',
      /is no interface name/,
    ],
    [
      'a bridge name like an option',
      '{driver_opts: {com.docker.network.bridge.name: -j}}',
      /is no interface name/,
    ],
    [
      'a bridge name of two dots',
      '{driver_opts: {com.docker.network.bridge.name: ..}}',
      /is no interface name/,
    ],
    [
      'a bridge name with a line end',
      '{driver_opts: {com.docker.network.bridge.name: "a\\nb"}}',
      /is no interface name/,
    ],
    ['an empty bridge name', '{driver_opts: {com.docker.network.bridge.name: ""}}', /is no interface name/],
    [
      'a host binding that is IPv6',
      '{driver_opts: {com.docker.network.bridge.host_binding_ipv4: "::1"}}',
      /expected an IPv4 address, found "::1"/,
    ],
    [
      'an unknown mode',
      '{driver_opts: {com.docker.network.bridge.gateway_mode_ipv4: bridge}}',
      /expected one of nat, nat-unprotected, routed, isolated, found "bridge"/,
    ],
    [
      'isolated but not internal',
      '{driver_opts: {com.docker.network.bridge.gateway_mode_ipv4: isolated}}',
      /expected `internal: true` beside it/,
    ],
    [
      'an MTU too small',
      '{driver_opts: {com.docker.network.driver.mtu: 67}}',
      /expected 68 to 65535, found 67/,
    ],
    [
      'an MTU too large',
      '{driver_opts: {com.docker.network.driver.mtu: 65536}}',
      /expected a whole number from 0 to 65535/,
    ],
    [
      'an MTU too small for IPv6',
      '{enable_ipv6: true, driver_opts: {com.docker.network.driver.mtu: 1279}}',
      /IPv6 needs an MTU of 1280 or more/,
    ],
    ['a pool that is none', '{x-portolan: {pool: big}}', /x-portolan\.pool: "big" is not a pool/],
    ['a pool without a size', '{x-portolan: {pool: 10.0.0.0/8}}', /does not say how large its subnets are/],
    ['a typo under x-portolan', '{x-portolan: {pools: docker}}', /unknown key "pools", expected one of pool/],
  ])('%s', (_, body, message) => {
    expect(refusal(`networks:\n  net: ${body}`)).toMatch(message)
    expect(refusal(`networks:\n  net: ${body}`)).toMatch(/^IntentError compose\.yaml:2:\d+: /)
  })
})

describe('networks that cannot exist side by side are refused', () => {
  test.each([
    [
      'one bridge name',
      '{driver_opts: {com.docker.network.bridge.name: br0}}',
      '{driver_opts: {com.docker.network.bridge.name: br0}}',
      /networks\.b and networks\.a name the same bridge, br0/,
    ],
    ['one name', '{name: same}', '{name: same}', /networks\.b and networks\.a are both called "same"/],
    [
      'one subnet inside another',
      '{ipam: {config: [{subnet: 10.1.2.0/24}]}}',
      '{ipam: {config: [{subnet: 10.0.0.0/8}]}}',
      /10\.0\.0\.0\/8 overlaps 10\.1\.2\.0\/24 of networks\.a/,
    ],
  ])('%s', (_, a, b, message) => {
    expect(refusal(`networks:\n  a: ${a}\n  b: ${b}\nservices: {web: {networks: [a, b]}}`)).toMatch(message)
  })
})

describe('what is read and cannot take effect is noted', () => {
  test.each([
    [
      'host bits of a subnet',
      '{ipam: {config: [{subnet: 172.28.5.9/16}]}}',
      '2:34 networks.net.ipam.config[0].subnet: 172.28.5.9/16 is taken as 172.28.0.0/16, its host bits cleared',
    ],
    [
      'an IPv6 subnet without enable_ipv6',
      '{ipam: {config: [{subnet: "fd00::/64"}]}}',
      '2:34 networks.net: the subnet fd00::/64 has no effect: enable_ipv6 is not true',
    ],
    [
      'a mode of IPv6 without IPv6',
      '{driver_opts: {com.docker.network.bridge.gateway_mode_ipv6: routed}}',
      '2:23 networks.net.driver_opts: com.docker.network.bridge.gateway_mode_ipv6 has no effect: the network has no IPv6, which `enable_ipv6: true` gives it',
    ],
    [
      'a mode of IPv4 without IPv4',
      '{enable_ipv4: false, enable_ipv6: true, driver_opts: {com.docker.network.bridge.gateway_mode_ipv4: routed}}',
      '2:62 networks.net.driver_opts: com.docker.network.bridge.gateway_mode_ipv4 has no effect: the network has no IPv4, which `enable_ipv4: true` gives it',
    ],
    [
      'an IPv4 address to bind to without IPv4',
      '{enable_ipv4: false, enable_ipv6: true, driver_opts: {com.docker.network.bridge.host_binding_ipv4: 192.0.2.2}}',
      '2:62 networks.net.driver_opts: com.docker.network.bridge.host_binding_ipv4 has no effect: the network has no IPv4, which `enable_ipv4: true` gives it',
    ],
    [
      'auxiliary addresses',
      '{ipam: {config: [{subnet: 10.0.0.0/24, aux_addresses: {a: 10.0.0.9}}]}}',
      '2:62 networks.net.ipam.config[0].aux_addresses has no effect here: keep them out with `ip_range`',
    ],
    [
      "Docker's other options",
      '{driver_opts: {com.docker.network.container_iface_prefix: v}}',
      '2:23 networks.net.driver_opts: com.docker.network.container_iface_prefix has no effect here',
    ],
    [
      'settings of an external network',
      '{external: true, driver: macvlan}',
      '2:25 networks.net.driver has no effect: the network is external, made outside this project',
    ],
  ])('%s', (_, body, expected) => {
    expect(notes(`networks:\n  net: ${body}\nservices: {web: {networks: [net]}}`)).toEqual([expected])
  })
})

test.each([
  '{driver_opts: {com.docker.network.bridge.gateway_mode_ipv4: routed}}',
  '{enable_ipv6: true, driver_opts: {com.docker.network.bridge.gateway_mode_ipv6: routed}}',
])('what takes effect has no note: %s', (body) => {
  expect(notes(`networks:\n  net: ${body}\nservices: {web: {networks: [net]}}`)).toEqual([])
})
