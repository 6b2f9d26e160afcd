import { describe, expect, test } from '@jest/globals'
import { compile, print } from '../../src/index.ts'
import { desiredState, mapping, network } from '../support/desired.ts'

const both = ['ip', 'ip6'] as const

describe('the iptables-restore script', () => {
  test('of one family marks no line, and names the program that takes it', () => {
    const text = print(compile(desiredState([mapping(8080)])), 'iptables-restore')
    expect(text).toContain('as root: iptables-restore --noflush < FILE\n')
    expect(text).not.toMatch(/^-[46] /m)
  })

  test('of both families marks the lines that only one may read', () => {
    const text = print(
      compile(desiredState([mapping(8080)], { networks: [network('web', 1, { families: both })] })),
      'iptables-restore',
    )
    expect(text).toContain('iptables-restore --noflush < FILE && ip6tables-restore --noflush < FILE\n')
    expect(text).toContain('\n-4 -A PORTOLAN-SNAT -s 10.200.1.0/24 ')
    expect(text).toContain('\n-6 -A PORTOLAN-SNAT -s fd00:200:1::/64 ')
    expect(text).toContain('\n-I FORWARD 1 -m comment --comment portolan -j PORTOLAN-FORWARD\n')
    // Only IPv4 has a mapping: ip6tables must not be left with an empty chain of that name.
    expect(text).toContain('\n-4 -N PORTOLAN-DNAT\n')
  })

  test('never names the policy of a built-in chain', () => {
    const text = print(compile(desiredState([mapping(8080)])), 'iptables-restore')
    expect(text).not.toMatch(/^:(PREROUTING|INPUT|FORWARD|OUTPUT|POSTROUTING)/m)
  })

  test('goes first everywhere but in filter FORWARD, where it goes last', () => {
    const text = print(compile(desiredState([mapping(8080)])), 'iptables-restore')
    const jumps = text.split('\n').filter((line) => line.includes('--comment portolan -j'))
    expect(jumps.map((line) => line.split(' -m ')[0])).toEqual([
      '-I FORWARD 1',
      '-A FORWARD',
      '-I PREROUTING 1',
      '-I OUTPUT 1',
      '-I POSTROUTING 1',
      '-I PREROUTING 1',
    ])
  })

  test('closes the networks before it changes what they publish, and opens them last', () => {
    const text = print(compile(desiredState([mapping(8080)])), 'iptables-restore')
    expect([...text.matchAll(/^\*(.*)$/gm)].map(([, table]) => table)).toEqual([
      'mangle',
      'filter',
      'nat',
      'mangle',
    ])
    const [closed = ''] = text.split('COMMIT')
    expect(closed.match(/^-A .*$/gm)).toEqual([
      '-A PORTOLAN-FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j RETURN',
      expect.stringMatching(/^-A PORTOLAN-FORWARD -i \S+ -j DROP$/),
      expect.stringMatching(/^-A PORTOLAN-FORWARD -o \S+ -j DROP$/),
      '-A PORTOLAN-FORWARD -m conntrack ! --ctstate RELATED,ESTABLISHED -j PORTOLAN-HOME',
      expect.stringMatching(/^-A PORTOLAN-HOME -s 10\.200\.1\.0\/24 ! -i \S+ .* -j DROP$/),
    ])
  })

  test('of nothing is empty', () => {
    expect(print({ tables: [], trailer: [] }, 'iptables-restore')).toBe('')
  })
})
