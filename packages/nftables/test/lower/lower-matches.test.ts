import { describe, expect, test } from '@jest/globals'
import type { Packet } from '@portolan/netfilter'
import { ct, dport, drop, type Json, match, meta, payload, verdictOf } from './lowered-listing.ts'

describe('a rule that is lowered', () => {
  test.each<[string, readonly Json[], Partial<Packet>]>([
    ['a port', [match(dport, 8080)], {}],
    ['a range of ports', [match(dport, { range: [8000, 8999] })], {}],
    ['ports by set', [match(dport, { set: [80, { range: [8080, 8081] }] })], {}],
    ['all but a port', [match(dport, 80, '!=')], {}],
    ['ports above', [match(dport, 8079, '>')], {}],
    ['ports from', [match(dport, 8080, '>=')], {}],
    ['ports of any protocol', [match(payload('th', 'dport'), 8080)], { protocol: 'udp' }],
    ['the raw bits of a port', [match({ payload: { base: 'th', offset: 16, len: 16 } }, 8080)], {}],
    ['a prefix', [match(payload('ip', 'saddr'), { prefix: { addr: '192.0.2.0', len: 24 } })], {}],
    [
      'all but a prefix with bits behind it',
      [match(payload('ip', 'saddr'), { prefix: { addr: '192.0.2.9', len: 24 } }, '!=')],
      {},
    ],
    ['a masked address', [match({ '&': [payload('ip', 'saddr'), '0.0.0.255'] }, '0.0.0.9')], {}],
    ['an interface', [match(meta('iifname'), 'eth0')], {}],
    ['interfaces that start so', [match(meta('iifname'), 'eth*')], {}],
    ['an interface by index, listed by name', [match(meta('iif'), 'eth0')], {}],
    ['an interface by index that had no name', [match(meta('iif'), 2)], {}],
    ['a protocol by name', [match(meta('l4proto'), 'tcp')], {}],
    ['a protocol by number', [match(payload('ip', 'protocol'), { set: [6, 17] })], {}],
    ['a family', [match(meta('nfproto'), 'ipv4')], {}],
    ['a family by ether type', [match(meta('protocol'), 'ip')], {}],
    ['any of some flags', [match(payload('tcp', 'flags'), ['syn', 'rst'], 'in')], {}],
    ['none of some flags', [match(payload('tcp', 'flags'), ['fin', 'rst'], '!')], {}],
    [
      'flags out of a mask',
      [match({ '&': [payload('tcp', 'flags'), { '|': [{ '|': ['fin', 'syn'] }, 'ack'] }] }, 'syn')],
      {},
    ],
    ['a state', [match(ct('state'), ['new', 'related'], 'in')], {}],
    ['not a state', [match(ct('state'), 'established', '!=')], {}],
    ['a direction', [match(ct('direction'), 'original')], {}],
    ['the original destination', [match(ct('ip daddr', 'original'), '192.0.2.2')], {}],
    ['the original port', [match(ct('proto-dst', 'original'), 8080)], {}],
    ['the protocol of a flow', [match(ct('protocol'), 'tcp')], {}],
    [
      'an ICMP type',
      [match(payload('icmp', 'type'), 'echo-request')],
      { protocol: 'icmp', destinationPort: null },
    ],
    ['a packet type', [match(meta('pkttype'), { set: ['host', 'broadcast'] })], {}],
    ['a mark under a mask', [match({ '&': [meta('mark'), 255] }, 16)], { mark: 0x310 }],
    ['an address type', [match({ fib: { result: 'type', flags: ['daddr'] } }, 'local')], {}],
    ['a way back', [match({ fib: { result: 'oif', flags: ['saddr', 'iif'] } }, true)], {}],
    [
      'a concatenation',
      [
        match(
          { concat: [payload('ip', 'saddr'), dport] },
          { set: [{ concat: [{ prefix: { addr: '192.0.2.0', len: 25 } }, 8080] }] },
        ),
      ],
      {},
    ],
    ['what is no later fragment', [match({ '&': [payload('ip', 'frag-off'), 8191] }, 0)], {}],
    [
      'a verdict map',
      [
        {
          vmap: {
            key: dport,
            data: {
              set: [
                [8080, drop],
                [80, { accept: null }],
              ],
            },
          },
        },
      ],
      {},
    ],
    [
      'the rest of a verdict map',
      [
        {
          vmap: {
            key: dport,
            data: {
              set: [
                [80, { accept: null }],
                ['*', drop],
              ],
            },
          },
        },
      ],
      {},
    ],
  ])('matches %s for certain', (_, matches, packet) => {
    expect(verdictOf(matches, packet)).toBe('certain dropped')
  })

  test.each<[string, readonly Json[], Partial<Packet>]>([
    ['a port of another protocol', [match(dport, 8080)], { protocol: 'udp' }],
    ['even a negated port of another protocol', [match(dport, 80, '!=')], { protocol: 'udp' }],
    ['an address of another family', [match(payload('ip6', 'saddr'), '::1', '!=')], {}],
    ['ports below', [match(dport, 8080, '<')], {}],
    ['a port that a set leaves out', [match(dport, { set: [80, 443] })], {}],
    ['a flag that is not set', [match(payload('tcp', 'flags'), 'urg', 'in')], {}],
    // nft lists `ip saddr & 255.255.255.0 == 192.0.2.9` so: no address has bits that the mask takes away.
    [
      'a prefix with bits behind it',
      [match(payload('ip', 'saddr'), { prefix: { addr: '192.0.2.9', len: 24 } })],
      {},
    ],
    [
      'an IPv6 prefix with bits behind it',
      [match(payload('ip6', 'saddr'), { prefix: { addr: '2001:db8:1::9', len: 64 } })],
      { family: 'ip6', source: '2001:db8:1::9', destination: '2001:db8:1::2' },
    ],
    [
      'bits that the mask takes away',
      [match({ '&': [payload('ip', 'saddr'), '0.0.0.255'] }, '10.0.0.9')],
      {},
    ],
    ['another interface', [match(meta('iifname'), 'eth1*')], {}],
    ['ARP', [match(meta('protocol'), 'arp')], {}],
    [
      'a missing way back that is there',
      [match({ fib: { result: 'oif', flags: ['saddr', 'iif'] } }, false)],
      {},
    ],
    ['a header of another family, unknown as its field is', [match(payload('ip6', 'dscp'), 4)], {}],
  ])('does not match %s, for certain', (_, matches, packet) => {
    expect(verdictOf(matches, packet)).toBe('certain local')
  })

  test.each<[string, readonly Json[]]>([
    ['a limit', [{ limit: { rate: 1, per: 'second' } }]],
    ['a quota', [{ quota: { val: 1, val_unit: 'mbytes' } }]],
    ['the time', [match(meta('hour'), { range: ['08:00', '17:00'] })]],
    ['a header field that no packet is described by', [match(payload('ip', 'dscp'), 'cs1')]],
    ['a service by a name', [match(dport, 'http-alt')]],
    ['a set that is not there', [match(dport, '@nowhere')]],
    ['an unknown statement', [{ teleport: 'mars' }]],
    ['an extension of iptables', [{ xt: { type: 'match', name: 'recent' } }]],
    ['a map that it does not have whole', [{ vmap: { key: dport, data: { set: [['nonsense', drop]] } } }]],
  ])('is possible where it asks for %s', (_, matches) => {
    expect(verdictOf(matches)).toMatch(/^possible/)
  })
})
