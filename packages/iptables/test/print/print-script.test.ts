import { describe, expect, test } from '@jest/globals'
import { compile, parse, print, printScript } from '../../src/index.ts'
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
  })

  test('of both families loads where its chains are already, and leaves none that only the other family needs', () => {
    const text = print(
      compile(desiredState([mapping(8080)], { networks: [network('web', 1, { families: both })] })),
      'iptables-restore',
    )
    // `-N` fails for a chain that is there.
    expect(text).not.toContain('-N ')
    expect(text).toContain('\n:PORTOLAN-LOOPBACK - [0:0]\n')
    expect(text).toContain('\n-6 -X PORTOLAN-LOOPBACK\n')
    // Only IPv4 has a mapping: ip6tables must not be left with an empty chain of that name.
    expect(text).toContain('\n-6 -X PORTOLAN-DNAT\n')
    const chains = parse(text, 'script', 'ip6').tables.flatMap((table) =>
      table.chains.map(({ name }) => name),
    )
    expect(chains).not.toContain('PORTOLAN-DNAT')
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
      '-I INPUT 1',
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
      '-A PORTOLAN-FORWARD ! -s 127.0.0.0/8 -m conntrack --ctstate ESTABLISHED ! --ctorigdst 127.0.0.0/8 -j RETURN',
      '-A PORTOLAN-FORWARD -m conntrack ! --ctstate RELATED,ESTABLISHED -j PORTOLAN-HOME',
      expect.stringMatching(/^-A PORTOLAN-HOME -s 10\.200\.1\.0\/24 ! -i \S+ .* -j DROP$/),
    ])
  })

  test('of nothing is empty', () => {
    expect(print({ tables: [], trailer: [] }, 'iptables-restore')).toBe('')
  })
})

test('a chain that a jump of the host leads to is emptied and left: the kernel would refuse to take it out', () => {
  const ruleset = compile(
    desiredState([mapping(8080)], { networks: [network('web', 1, { families: both })] }),
  )
  const host = parse('*nat\n:PORTOLAN-DNAT - [0:0]\n-A PREROUTING -j PORTOLAN-DNAT\nCOMMIT\n', 'host', 'ip6')
  const text = printScript(ruleset, { host })
  expect(text).toContain('\n:PORTOLAN-DNAT - [0:0]\n')
  expect(text).not.toContain('-X PORTOLAN-DNAT')
  expect(text).toContain('\n-6 -X PORTOLAN-OUTPUT\n')
})

test('a remark of an iptables-restore script stays within its comment', () => {
  const text = printScript(compile(desiredState([mapping(8080)])), {
    remarks: ['of\n*filter\u2028-F', 'and more'],
  })
  expect(text).toContain('\n# of?*filter?-F\n# and more\n*mangle\n')
})
