import { describe, expect, test } from '@jest/globals'
import {
  between,
  bitwise,
  compare,
  conntrackState,
  conntrackStatus,
  field,
  type MatchStep,
  named,
  oneOf,
  type Step,
} from '@portolan/netfilter'
import { flowMark, stepsOf } from './lowered-steps.ts'

const state = { kind: 'conntrack', key: 'state' } as const

const status = { kind: 'conntrack', key: 'status' } as const

const tcp = { protocols: [6] }

const isTcp = compare(field('l4proto'), oneOf(6))

const not = (...steps: readonly MatchStep[]): MatchStep => ({
  kind: 'any-of',
  alternatives: [steps],
  negated: true,
})

const saddr = field('saddr', { family: 'ip' })

describe('lower', () => {
  const matches: readonly (readonly [string, readonly Step[]])[] = [
    ['-s 10.0.0.0/8', [compare(saddr, between(0x0a000000, 0x0affffff))]],
    ['! -s 10.0.0.1', [compare(saddr, between(0x0a000001, 0x0a000001), true)]],
    ['-s 10.0.2.0/255.0.255.0', [compare(bitwise('and', saddr, 0xff00ff00), oneOf(0x0a000200))]],
    ['-i eth+', [compare(field('iifname'), named('eth', { wildcard: true }))]],
    ['! -o br0', [compare(field('oifname'), named('br0'), true)]],
    ['! -p tcp', [compare(field('l4proto'), oneOf(6), true)]],
    ['-f', [compare(field('fragment'), oneOf(1))]],
    ['-p tcp -m tcp --dport 80:81', [isTcp, compare(field('dport', tcp), between(80, 81))]],
    ['-p tcp -m tcp', [isTcp, compare(field('sport', tcp), { kind: 'any' })]],
    ['-p tcp --syn', [isTcp, compare(bitwise('and', field('tcp-flags', tcp), 23), oneOf(2))]],
    [
      '-p tcp --dport 80 --tcp-option 2',
      [
        isTcp,
        compare(field('sport', tcp), { kind: 'any' }),
        compare(field('dport', tcp), between(80, 80)),
        { kind: 'unknown-match', text: '-m tcp --tcp-option 2', random: false },
      ],
    ],
    ['-m iprange --src-range 10.0.0.1-10.0.0.5', [compare(saddr, between(0x0a000001, 0x0a000005))]],
    ['-m iprange --src-range 10.0.0.5-10.0.0.1', [compare(saddr, { kind: 'ranges', ranges: [] })]],
    ['-m pkttype ! --pkt-type multicast', [compare(field('pkttype'), oneOf(2), true)]],
    ['-m mark --mark 0x10/0xf0', [compare(bitwise('and', field('mark'), 0xf0), oneOf(0x10))]],
    ['-m connmark ! --mark 5', [compare(flowMark, oneOf(5), true)]],
    [
      '-m addrtype ! --dst-type LOCAL,BROADCAST',
      [compare({ kind: 'fib', of: 'daddr', result: 'type', limit: null, mark: false }, oneOf(2, 3), true)],
    ],
    [
      '-m conntrack --ctstate RELATED,ESTABLISHED',
      [compare(state, oneOf(conntrackState.related, conntrackState.established))],
    ],
    [
      '-m conntrack --ctorigdst 10.0.0.1 --ctdir REPLY',
      [
        compare(
          { kind: 'conntrack-tuple', key: 'daddr', direction: 'original', family: 'ip' },
          between(0x0a000001, 0x0a000001),
        ),
        compare({ kind: 'conntrack', key: 'direction' }, oneOf(1)),
      ],
    ],
    ['-m physdev ! --physdev-in veth+', [not(compare(field('physin'), named('veth', { wildcard: true })))]],
    ['-m physdev --physdev-is-bridged', [compare(field('bridged'), oneOf(1))]],
    ['-m recent --set --name SSH', []],
    ['-m comment --comment "anything"', []],
    ['-m statistic --mode random --probability 1.0', []],
    [
      '-m statistic --mode nth --every 2 --packet 0',
      [{ kind: 'unknown-match', text: '-m statistic --mode nth --every 2 --packet 0', random: true }],
    ],
    ['-m limit --limit 5/min', [{ kind: 'unknown-match', text: '-m limit --limit 5/min', random: false }]],
    ['-m nosuch --thing 5', [{ kind: 'unknown-match', text: '-m nosuch --thing 5', random: false }]],
  ]
  test.each(matches)('reads %j as what it asks of a packet', (rule, steps) => {
    expect(stepsOf(rule)).toEqual(steps)
  })

  test('the states DNAT and SNAT are bits of the flow, and stand beside the real states', () => {
    expect(stepsOf('-m conntrack ! --ctstate NEW,DNAT')).toEqual([
      {
        kind: 'any-of',
        negated: true,
        alternatives: [
          [compare(state, oneOf(conntrackState.new))],
          [compare(bitwise('and', status, conntrackStatus.dnat), oneOf(0), true)],
        ],
      },
    ])
  })

  test('what is not tracked passes every test of conntrack but the one of its state', () => {
    expect(stepsOf('-m conntrack --ctstate UNTRACKED --ctdir REPLY')).toEqual([
      compare(state, oneOf(conntrackState.untracked)),
      {
        kind: 'any-of',
        negated: false,
        alternatives: [
          [compare(state, oneOf(conntrackState.invalid, conntrackState.untracked))],
          [compare({ kind: 'conntrack', key: 'direction' }, oneOf(1))],
        ],
      },
    ])
  })

  test('a packet of no socket passes where its owner must not be a certain user', () => {
    expect(stepsOf('-m owner ! --uid-owner 5', 'filter', 'OUTPUT')).toEqual([
      not(compare(field('skuid'), between(5, 5))),
    ])
  })

  test('an ICMP code is of its type, and a negated pair is one test', () => {
    const of = { protocols: [1] }
    const [type, code] = [
      compare(field('icmp-type', of), oneOf(3)),
      compare(field('icmp-code', of), between(4, 4)),
    ]
    expect(stepsOf('-p icmp --icmp-type fragmentation-needed').slice(1)).toEqual([type, code])
    expect(stepsOf('-p icmp ! --icmp-type 3/4').at(-1)).toEqual(not(type, code))
  })

  test('IPv6 reads multicast off the address, and asks for all types of a list at once', () => {
    const daddr = field('daddr', { family: 'ip6' })
    const multicast = compare(daddr, between(0xffn << 120n, (1n << 128n) - 1n))
    const local = compare({ kind: 'fib', of: 'daddr', result: 'type', limit: null, mark: false }, oneOf(2))
    expect(stepsOf('-m addrtype --dst-type LOCAL,MULTICAST', 'filter', 'FORWARD', 'ip6')).toEqual([
      multicast,
      local,
    ])
  })
})
