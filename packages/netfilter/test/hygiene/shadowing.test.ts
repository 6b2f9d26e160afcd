import { describe, expect, test } from '@jest/globals'
import type { PacketBox } from '../../src/hygiene/index.ts'
import {
  between,
  compare,
  conntrackState,
  type ElementTable,
  field,
  goTo,
  jumpTo,
  type MatchStep,
  named,
  oneOf,
  type Step,
} from '../../src/index.ts'
import {
  accept,
  base,
  chain,
  ctState,
  drop,
  from,
  hasMark,
  iif,
  setMark,
  table,
  tcpDport,
  to,
} from '../evaluate/model.ts'
import { anyPacket } from './packets.ts'
import { anomalies, back, inForward, tcp, tell, unknown } from './told-anomalies.ts'

const ports = (first: number, last: number): MatchStep =>
  compare(field('dport', { protocols: [6] }), between(first, last))

describe('shadowing', () => {
  test('is a rule within one before it that does something else', () => {
    expect(inForward([from('10.0.0.0/8'), drop], [from('10.1.0.0/16'), tcpDport(80), accept])).toEqual([
      'Shadowing 2 by 1',
    ])
  })

  test('is also a rule that several before it leave nothing of', () => {
    expect(
      inForward(
        [ports(0, 1023), drop],
        [from('192.0.2.0/24'), accept],
        [ports(1024, 65535), { kind: 'reject', with: null }],
        [tcp, to('192.0.2.7'), accept],
      ),
    ).toContain('Shadowing 4 by 1,3')
  })

  test('is not a rule that they leave one packet of', () => {
    const told = inForward([ports(0, 1023), drop], [ports(1025, 65535), drop], [tcp, accept])
    expect(told.filter((one) => one.startsWith('Shadowing'))).toEqual([])
  })

  test('knows that all states of connection tracking are all there is', () => {
    const { established, related, invalid, new: fresh, untracked } = conntrackState
    expect(
      inForward(
        [ctState(established, related), accept],
        [ctState(invalid, untracked), drop],
        [ctState(fresh), iif('eth0'), drop],
        [ctState(fresh), compare(field('iifname'), named('eth0'), true), accept],
        [from('192.0.2.9'), drop],
      ),
    ).toContain('Shadowing 5 by 1,2,3,4')
  })

  test('reads wildcards of interfaces', () => {
    const veths = compare(field('iifname'), named('veth', { wildcard: true }))
    expect(inForward([veths, drop], [iif('veth12'), accept], [iif('vet'), accept])).toEqual([
      'Shadowing 2 by 1',
    ])
  })

  test('reads IPv6 as exactly as IPv4, and keeps the two apart in a table of both', () => {
    const six: PacketBox = { ...anyPacket, family: 'ip6' }
    const rules = [
      [from('2001:db8::/32'), drop],
      [from('2001:db8:1::/48'), accept],
      [from('10.0.0.0/8'), accept],
      [compare(field('nfproto'), oneOf(10)), drop],
      [compare(field('nfproto'), oneOf(2)), drop],
      [tcpDport(80), accept],
    ]
    const told = anomalies([six], table({}, base('forward', 0, {}, ...rules))).map(tell)
    expect(told).toContain('Shadowing 2 by 1')
    expect(told).toContain('Shadowing 6 by 4,5')
    expect(told.filter((one) => one.startsWith('Shadowing 3'))).toEqual([])
  })

  test('reads sets, several parts of a key together', () => {
    const banned: ElementTable = {
      name: 'banned',
      elements: [80, 443].map((port) => ({
        key: [oneOf(0xc0000209), oneOf(port)],
        data: { kind: 'member' },
      })),
      otherwise: null,
      complete: true,
    }
    const key = [field('saddr', { family: 'ip' }), field('dport', { protocols: [6] })]
    const lookup: Step = { kind: 'lookup', key, table: banned, negated: false }
    expect(inForward([lookup, drop], [from('192.0.2.9'), tcpDport(80, 443), accept])).toEqual([
      'Shadowing 2 by 1',
    ])
    expect(inForward([lookup, drop], [from('192.0.2.9'), tcpDport(80, 444), accept])).toEqual([
      'Correlation 2 by 1',
    ])
  })

  test('takes a verdict map as the verdicts of its elements', () => {
    const verdicts: ElementTable = {
      name: null,
      elements: [
        { key: [oneOf(80)], data: { kind: 'verdict', verdict: { kind: 'drop' } } },
        { key: [oneOf(443)], data: { kind: 'verdict', verdict: { kind: 'jump', chain: 'web' } } },
      ],
      otherwise: null,
      complete: true,
    }
    const dispatch: Step = { kind: 'dispatch', key: [field('dport', { protocols: [6] })], table: verdicts }
    expect(inForward([dispatch], [tcpDport(80), accept], [tcpDport(443), accept])).toEqual([
      'Shadowing 2 by 1',
    ])
  })

  test('holds for a goto and a return, which end the way through this chain, and not for a jump', () => {
    expect(inForward([from('10.0.0.0/8'), goTo('web')], [from('10.0.0.1'), drop])).toEqual([
      'Shadowing 2 by 1',
    ])
    expect(inForward([from('10.0.0.0/8'), back], [from('10.0.0.1'), drop])).toEqual(['Shadowing 2 by 1'])
    expect(inForward([from('10.0.0.0/8'), jumpTo('web')], [from('10.0.0.1'), drop])).toEqual([])
  })

  test('does not mix up a mark before and after a rule that sets it', () => {
    expect(inForward([hasMark(1), drop], [hasMark(1), accept])).toEqual(['Shadowing 2 by 1'])
    expect(inForward([hasMark(1), drop], [from('10.0.0.1'), setMark(1)], [hasMark(1), accept])).not.toContain(
      'Shadowing 3 by 1',
    )
  })

  test('sees that a chain jumped to may set the mark', () => {
    const rules = base('forward', 0, {}, [hasMark(1), drop], [jumpTo('marks')], [hasMark(1), accept])
    const told = anomalies([anyPacket], table({}, rules, chain('marks', [tcpDport(80), setMark(1)])))
    expect(told.filter(({ kind }) => kind === 'Shadowing')).toEqual([])
  })

  test('is only possible where both rules ask the same thing that is not understood', () => {
    const bpf = unknown('-m bpf --bytecode 1')
    expect(inForward([bpf, drop], [bpf, tcpDport(80), accept])).toContain('Shadowing? 2 by 1')
    expect(inForward([bpf, drop], [tcpDport(80), accept]).filter((one) => one.startsWith('Sh'))).toEqual([])
    const limit = unknown('-m limit --limit 5/sec')
    expect(
      inForward([limit, drop], [limit, tcpDport(80), accept]).filter((one) => one.startsWith('Sh')),
    ).toEqual([])
  })

  test('is certain where what is not understood cannot matter', () => {
    expect(inForward([tcp, drop], [tcpDport(80), unknown('-m string'), accept])).toEqual(['Shadowing 2 by 1'])
  })

  test('takes a set whose contents may change as a question of its own', () => {
    const open: ElementTable = { name: 'bans', elements: [], otherwise: null, complete: false }
    const isBanned: Step = {
      kind: 'lookup',
      key: [field('saddr', { family: 'ip' })],
      table: open,
      negated: false,
    }
    expect(inForward([isBanned, drop], [isBanned, tcpDport(80), accept])).toContain('Shadowing? 2 by 1')
    expect(
      inForward([isBanned, drop], [from('192.0.2.9'), accept]).filter((one) => one.startsWith('Sh')),
    ).toEqual([])
  })

  test('names the rule to delete, by place and by command', () => {
    const rules = base('forward', 0, { name: 'FORWARD' }, [tcp, drop], [tcpDport(80), accept])
    const [old] = anomalies(
      [anyPacket],
      table({ family: 'ip', tool: 'iptables-legacy', name: 'filter' }, rules),
    )
    expect(old).toMatchObject({
      kind: 'Shadowing',
      severity: 'warning',
      rule: { tool: 'iptables-legacy', table: 'filter', chain: 'FORWARD', position: 2, owner: null },
      remedy: { commands: ['iptables-legacy -t filter -D FORWARD 2'] },
    })
    expect(old?.message).toMatch(
      /^Rule 2 of chain FORWARD .* never acts: every packet that it accepts, rule 1/,
    )
    const [native] = anomalies([anyPacket], table({ name: 'fw' }, rules))
    expect(native?.remedy?.commands).toEqual(['nft delete rule inet fw FORWARD handle 11'])
    const both = [anyPacket, { ...anyPacket, family: 'ip6' as const }]
    expect(
      anomalies(both, table({ family: 'ip6', tool: 'iptables-nft', name: 'filter' }, rules))[0]?.remedy
        ?.commands,
    ).toEqual(['ip6tables-nft -t filter -D FORWARD 2'])
  })

  test('prints no command for a table that the kernel lets no other program change', () => {
    const rules = base('forward', 0, { name: 'FORWARD' }, [tcp, drop], [tcpDport(80), accept])
    const [odd] = anomalies([anyPacket], { ...table({ name: 'fw' }, rules), owned: true })
    expect(odd?.remedy).toEqual({ text: expect.stringContaining('flags owner'), commands: [] })
  })

  test('writes the name of a chain so that neither a shell nor nft reads more in it', () => {
    const [odd] = anomalies(
      [anyPacket],
      table(
        { family: 'ip', name: 'fw' },
        base('forward', 0, { name: "a'; b" }, [tcp, drop], [tcpDport(80), accept]),
      ),
    )
    expect(odd?.remedy?.commands).toEqual([
      `nft -j '{"nftables":[{"delete":{"rule":{"family":"ip","table":"fw","chain":"a\\u0027; b","handle":11}}}]}'`,
    ])
  })
})
