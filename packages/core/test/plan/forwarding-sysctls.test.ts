import { describe, expect, test } from '@jest/globals'
import { overwrittenForwarding } from '../../src/plan/index.ts'

const sysctls = {
  'net.ipv4.ip_forward': '0',
  'net.ipv4.conf.all.forwarding': '1',
  'net.ipv4.conf.default.forwarding': '0',
  'net.ipv4.conf.eth0.forwarding': '0',
  'net.ipv4.conf.eth1.forwarding': '1',
  'net.ipv4.conf.br/lan.forwarding': '1',
  'net.ipv4.conf.eth1.route_localnet': '1',
  'net.ipv6.conf.all.forwarding': '0',
  'net.ipv6.conf.eth2.forwarding': '1',
}

describe('forwarding of single interfaces that a switch of the family overwrites', () => {
  test('is what is on while the family is off', () => {
    expect(overwrittenForwarding({ sysctls }, 'ip')).toEqual([
      'net.ipv4.conf.eth1.forwarding',
      'net.ipv4.conf.br/lan.forwarding',
    ])
    expect(overwrittenForwarding({ sysctls }, 'ip6')).toEqual(['net.ipv6.conf.eth2.forwarding'])
  })

  test('is none while the family is on, or not known', () => {
    expect(overwrittenForwarding({ sysctls: { ...sysctls, 'net.ipv4.ip_forward': '1' } }, 'ip')).toEqual([])
    expect(overwrittenForwarding({ sysctls: { 'net.ipv4.conf.eth1.forwarding': '1' } }, 'ip')).toEqual([])
    expect(overwrittenForwarding({}, 'ip6')).toEqual([])
  })
})
