import { describe, expect, test } from '@jest/globals'
import { forwardingFamily, overwrittenByForwarding, valueWithoutForwarding } from '../../src/plan/index.ts'

const sysctls = {
  'net.ipv4.ip_forward': '0',
  'net.ipv4.conf.all.forwarding': '1',
  'net.ipv4.conf.all.accept_redirects': '0',
  'net.ipv4.conf.eth0.accept_redirects': '0',
  'net.ipv4.conf.default.forwarding': '0',
  'net.ipv4.conf.eth0.forwarding': '0',
  'net.ipv4.conf.eth1.forwarding': '1',
  'net.ipv4.conf.br/lan.forwarding': '1',
  'net.ipv4.conf.eth1.route_localnet': '1',
  'net.ipv6.conf.all.forwarding': '0',
  'net.ipv6.conf.eth2.forwarding': '1',
  'net.ipv6.conf.all.force_forwarding': '1',
  'net.ipv6.conf.default.force_forwarding': '1',
  'net.ipv6.conf.eth0.force_forwarding': '0',
  'net.ipv6.conf.eth2.force_forwarding': '1',
}

describe('sysctls that the kernel overwrites when the forwarding of a family is switched on and off', () => {
  test('are those with another value than the kernel gives them then', () => {
    expect(overwrittenByForwarding({ sysctls }, 'ip')).toEqual({
      'net.ipv4.conf.eth1.forwarding': '1',
      'net.ipv4.conf.br/lan.forwarding': '1',
      'net.ipv4.conf.all.accept_redirects': '0',
    })
    expect(overwrittenByForwarding({ sysctls }, 'ip6')).toEqual({
      'net.ipv6.conf.eth2.forwarding': '1',
      'net.ipv6.conf.eth2.force_forwarding': '1',
    })
    const taking = { ...sysctls, 'net.ipv4.conf.all.accept_redirects': '1' }
    expect(Object.keys(overwrittenByForwarding({ sysctls: taking }, 'ip'))).toHaveLength(2)
  })

  test('are none while the family is on, or not known', () => {
    expect(overwrittenByForwarding({ sysctls: { ...sysctls, 'net.ipv4.ip_forward': '1' } }, 'ip')).toEqual({})
    expect(overwrittenByForwarding({ sysctls: { 'net.ipv4.conf.eth1.forwarding': '1' } }, 'ip')).toEqual({})
    expect(overwrittenByForwarding({}, 'ip6')).toEqual({})
  })

  test('are told apart by family, and from the switch itself', () => {
    expect(valueWithoutForwarding('net.ipv4.conf.all.accept_redirects', 'ip')).toBe('1')
    expect(valueWithoutForwarding('net.ipv4.conf.all.accept_redirects', 'ip6')).toBeNull()
    expect(valueWithoutForwarding('net.ipv6.conf.eth0.forwarding', 'ip6')).toBe('0')
    expect(valueWithoutForwarding('net.ipv6.conf.all.forwarding', 'ip6')).toBeNull()
    expect(forwardingFamily('net.ipv6.conf.all.forwarding')).toBe('ip6')
    expect(forwardingFamily('net.ipv6.conf.eth0.forwarding')).toBeNull()
  })
})
