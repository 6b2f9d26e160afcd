import { describe, expect, test } from '@jest/globals'
import { bitwise, constant, field, goTo, jumpTo, type Step, verdict } from '@portolan/netfilter'
import { lower, parse } from '../../src/index.ts'
import { flowMark, stepsOf } from './lowered-steps.ts'

describe('lower', () => {
  const nat = { kind: 'nat', netmap: false, shiftFrom: null, flags: [] } as const
  const targets: readonly (readonly [string, string, string, Step])[] = [
    ['filter', 'FORWARD', '-j DROP', verdict('drop')],
    ['filter', 'FORWARD', '-j RETURN', verdict('return')],
    ['filter', 'FORWARD', '-j MINE', jumpTo('MINE')],
    ['filter', 'FORWARD', '-g MINE', goTo('MINE')],
    ['filter', 'FORWARD', '-j NFQUEUE --queue-num 3', verdict('stolen')],
    ['filter', 'FORWARD', '-j REJECT', { kind: 'reject', with: 'icmp-port-unreachable' }],
    ['filter', 'FORWARD', '-j LOG --log-prefix "a b"', { kind: 'note', text: '-j LOG --log-prefix "a b"' }],
    ['filter', 'FORWARD', '-j LOG --log-nosuch 5', { kind: 'note', text: '-j LOG --log-nosuch 5' }],
    ['filter', 'FORWARD', '-j NOSUCH --thing 5', { kind: 'unknown-action', text: '-j NOSUCH --thing 5' }],
    ['filter', 'FORWARD', '-j nosuchchain', { kind: 'unknown-action', text: '-j nosuchchain' }],
    [
      'nat',
      'PREROUTING',
      '-j DNAT --to-destination 10.0.0.1-10.0.0.2:80-90/100 --random',
      {
        ...nat,
        type: 'dnat',
        address: { kind: 'range', first: 0x0a000001, last: 0x0a000002 },
        port: { kind: 'range', first: 80, last: 90 },
        shiftFrom: 100,
        flags: ['random'],
      },
    ],
    [
      'nat',
      'PREROUTING',
      '-j DNAT --to-destination :80',
      { ...nat, type: 'dnat', address: null, port: { kind: 'range', first: 80, last: 80 } },
    ],
    [
      'nat',
      'POSTROUTING',
      '-j MASQUERADE --to-ports 1024-2000 --random-fully',
      {
        ...nat,
        type: 'masquerade',
        address: null,
        port: { kind: 'range', first: 1024, last: 2000 },
        flags: ['fully-random'],
      },
    ],
    [
      'nat',
      'PREROUTING',
      '-j NETMAP --to 10.1.0.0/24',
      {
        ...nat,
        type: 'dnat',
        address: { kind: 'range', first: 0x0a010000, last: 0x0a0100ff },
        port: null,
        netmap: true,
      },
    ],
    ['raw', 'PREROUTING', '-j CT --notrack', { kind: 'notrack', text: '-j CT --notrack' }],
    ['raw', 'PREROUTING', '-j CT --zone 5', { kind: 'set', target: 'ct-zone', value: constant(5) }],
    [
      'raw',
      'PREROUTING',
      '-j CT --zone-orig 5',
      { kind: 'set', target: 'ct-zone-original', value: constant(5) },
    ],
    [
      'raw',
      'PREROUTING',
      '-j CT --zone-reply 5',
      { kind: 'set', target: 'ct-zone-reply', value: constant(5) },
    ],
    ['mangle', 'PREROUTING', '-j TTL --ttl-set 1', { kind: 'set', target: 'hop-limit', value: constant(1) }],
    [
      'mangle',
      'PREROUTING',
      '-j HMARK --hmark-tuple src,dst --hmark-mod 2 --hmark-offset 1 --hmark-rnd 5',
      {
        kind: 'set',
        target: 'mark',
        value: {
          kind: 'unknown',
          text: '-j HMARK --hmark-src-prefix 32 --hmark-dst-prefix 32 --hmark-rnd 0x00000005 --hmark-mod 2 --hmark-offset 1',
          random: false,
          range: { first: 1, last: 2 },
        },
      },
    ],
    [
      'mangle',
      'PREROUTING',
      '-j HMARK --hmark-tuple src,sport --hmark-mod 2 --hmark-offset 1 --hmark-rnd 5',
      {
        kind: 'set',
        target: 'mark',
        value: {
          kind: 'unknown',
          text: '-j HMARK --hmark-src-prefix 32 --hmark-sport-mask 0xffff --hmark-rnd 0x00000005 --hmark-mod 2 --hmark-offset 1',
          random: true,
          range: { first: 1, last: 2 },
        },
      },
    ],
    ['mangle', 'PREROUTING', '-j TTL --ttl-dec 1', { kind: 'note', text: '-j TTL --ttl-dec 1' }],
    [
      'mangle',
      'PREROUTING',
      '-j TTL --ttl-dec 200',
      {
        kind: 'set',
        target: 'hop-limit',
        value: { kind: 'unknown', text: '-j TTL --ttl-dec 200', random: false, range: null },
      },
    ],
    ['mangle', 'PREROUTING', '-j MARK --set-mark 5', { kind: 'set', target: 'mark', value: constant(5) }],
    [
      'mangle',
      'PREROUTING',
      '-j MARK --set-xmark 0x1/0xf',
      {
        kind: 'set',
        target: 'mark',
        value: bitwise('xor', bitwise('and', field('mark'), 0xfffffff0), 1),
      },
    ],
    [
      'mangle',
      'PREROUTING',
      '-j CONNMARK --save-mark --mask 0xff',
      {
        kind: 'set',
        target: 'ct-mark',
        value: bitwise('xor', bitwise('and', flowMark, 0xffffff00), bitwise('and', field('mark'), 0xff)),
      },
    ],
    ['mangle', 'PREROUTING', '-j CONNMARK --restore-mark', { kind: 'set', target: 'mark', value: flowMark }],
  ]
  test.each(targets)('in %s %s, reads %j as what it does', (table, chain, rule, step) => {
    const withPorts = rule.includes('ports') || /:\d/.test(rule) ? `-p tcp ${rule}` : rule
    expect(stepsOf(withPorts, table, chain).at(-1)).toEqual(step)
  })

  test('TPROXY sets its mark before it hands over', () => {
    expect(
      stepsOf('-p udp -j TPROXY --on-port 5 --tproxy-mark 0x1', 'mangle', 'PREROUTING').slice(1),
    ).toEqual([
      { kind: 'set', target: 'mark', value: constant(1) },
      { kind: 'tproxy', accepts: true },
    ])
  })

  test('NETMAP of a chain maps what the hooks that lead there map, and what it maps to is not known where both do', () => {
    const text = (jumps: string): string =>
      `*nat\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n:A - [0:0]\n:B - [0:0]\n${jumps}-A A -j B\n-A B -j NETMAP --to 10.1.0.0/24\nCOMMIT\n`
    const kinds = (jumps: string): unknown =>
      lower(parse(text(jumps)))
        .tables[0]?.chains.at(-1)
        ?.rules[0]?.steps.map((step) => (step.kind === 'nat' ? step.type : step.kind))
    expect(kinds('-A POSTROUTING -j A\n')).toEqual(['snat'])
    expect(kinds('-A PREROUTING -g A\n')).toEqual(['dnat'])
    expect(kinds('-A PREROUTING -j A\n-A POSTROUTING -j B\n')).toEqual(['unknown-action'])
  })
})
