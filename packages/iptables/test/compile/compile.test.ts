import { describe, expect, test } from '@jest/globals'
import { compile } from '../../src/index.ts'
import { desiredState, mapping, network } from '../support/desired.ts'
import { chainNames, lines } from '../support/lines.ts'

describe('compile', () => {
  test('touches no built-in chain but by one jump, and no policy', () => {
    for (const table of compile(desiredState([mapping(8080)], { guardForwarding: true })).tables) {
      for (const chain of table.chains) {
        if (chain.kind === 'user') continue
        expect(chain.policy).toBeNull()
        expect(chain.rules).toHaveLength(1)
      }
    }
  })

  test('makes no rules for a family that no network has', () => {
    const families = compile(desiredState([mapping(8080)])).tables.map((table) => table.family)
    expect(new Set(families)).toEqual(new Set(['ip']))
  })

  test('makes nothing of nothing', () => {
    expect(compile(desiredState([], { networks: [] })).tables).toEqual([])
  })

  test('drops loopback addresses from containers where they would reach the host, or go on', () => {
    const both = network('web', 1, { families: ['ip', 'ip6'] })
    const ruleset = compile(desiredState([], { networks: [both] }))
    expect(lines(ruleset, 'mangle', 'INPUT')).toEqual(['-m comment --comment portolan -j PORTOLAN-INPUT'])
    expect(lines(ruleset, 'mangle', 'PORTOLAN-INPUT')).toEqual([
      '-i br-web -m comment --comment "demo/web: from our bridge" -g PORTOLAN-LOOPBACK',
    ])
    expect(lines(ruleset, 'mangle', 'PORTOLAN-BETWEEN')[0]).toBe('-j PORTOLAN-LOOPBACK')
    expect(lines(ruleset, 'mangle', 'PORTOLAN-LOOPBACK')).toEqual([
      '-s 127.0.0.0/8 -j DROP',
      '-m conntrack --ctorigdst 127.0.0.0/8 --ctdir ORIGINAL -j DROP',
      '-m conntrack --ctrepldst 127.0.0.0/8 --ctdir REPLY -j DROP',
      '-d 127.0.0.0/8 -m conntrack --ctstate INVALID,UNTRACKED -j DROP',
    ])
    expect(lines(ruleset, 'mangle', 'INPUT', 'ip6')).toEqual([])
    expect(lines(ruleset, 'mangle', 'PORTOLAN-BETWEEN', 'ip6')[0]).toContain('-o br-web')
  })

  test('lets nothing in or out of an internal network, and still lets its siblings be asked', () => {
    const ruleset = compile(desiredState([], { networks: [network('db', 2, { internal: true })] }))
    expect(lines(ruleset, 'mangle', 'PORTOLAN-FORWARD')[2]).toMatch(/^-o br-db .* -j DROP$/)
    expect(lines(ruleset, 'mangle', 'PORTOLAN-BETWEEN')).toEqual([
      '-j PORTOLAN-LOOPBACK',
      expect.stringMatching(/^-o br-db .* -g PORTOLAN-OWN-br-db$/),
      expect.stringMatching(/^-i br-db .* -j DROP$/),
    ])
    expect(chainNames(ruleset, 'mangle')).not.toContain('PORTOLAN-IN-br-db')
    expect(lines(ruleset, 'nat', 'PORTOLAN-SNAT').join()).not.toContain('MASQUERADE')
  })

  test('keeps containers of one bridge apart where icc is off, but not what was published', () => {
    const ruleset = compile(desiredState([], { networks: [network('web', 1, { icc: false })] }))
    expect(lines(ruleset, 'mangle', 'PORTOLAN-OWN-br-web').slice(0, 2)).toEqual([
      expect.stringMatching(/^-i br-web -m conntrack --ctstate RELATED,ESTABLISHED,DNAT .* -j RETURN$/),
      expect.stringMatching(/^-i br-web .* -j DROP$/),
    ])
  })

  test('opens published ports and ping of a routed network, and no other', () => {
    const direct = mapping(80, { kind: 'direct', interface: 'eth0', allowFrom: ['192.0.2.0/24'] })
    const ruleset = compile(desiredState([direct], { networks: [network('web', 1, { mode: 'routed' })] }))
    const outside = lines(ruleset, 'mangle', 'PORTOLAN-IN-br-web').slice(3)
    expect(outside.map((line) => line.replace(/-m comment --comment "[^"]*" /, ''))).toEqual([
      '-p icmp -m icmp --icmp-type 8 -j RETURN',
      '-j PORTOLAN-LIMIT',
      '-g PORTOLAN-OPEN',
    ])
    expect(lines(ruleset, 'mangle', 'PORTOLAN-OPEN').map((line) => line.split(' -p ')[0])).toEqual([
      '-d 10.200.1.2/32',
      '-j DROP',
    ])
    expect(lines(ruleset, 'mangle', 'PORTOLAN-LIMIT').map((line) => line.split(' -p ')[0])).toEqual([
      '-s 192.0.2.0/24 -d 10.200.1.2/32 -i eth0',
      '-d 10.200.1.2/32',
    ])
    expect(chainNames(ruleset, 'nat')).toEqual(['POSTROUTING', 'PORTOLAN-SNAT', 'PORTOLAN-SRC-br-web'])
  })

  describe('of several mappings that open one port of a routed network', () => {
    const some = (label: string, source: string) =>
      mapping(80, { kind: 'direct', label, allowFrom: [source] })
    const limits = (...mappings: Parameters<typeof desiredState>[0] & object) =>
      lines(
        compile(desiredState(mappings, { networks: [network('web', 1, { mode: 'routed' })] })),
        'mangle',
        'PORTOLAN-LIMIT',
      ).map((line) => `${line.split(' ')[1]} ${line.split(' ').at(-1)}`)

    test('every allowed source is asked for before a packet is dropped', () => {
      expect(limits(some('a', '192.0.2.0/24'), some('b', '198.51.100.0/24'))).toEqual([
        '192.0.2.0/24 RETURN',
        '198.51.100.0/24 RETURN',
        '10.200.1.2/32 DROP',
        '10.200.1.2/32 DROP',
      ])
    })

    test('one that is for everyone leaves no source out', () => {
      const everyone = mapping(80, { kind: 'direct', label: 'b', allowFrom: null })
      expect(limits(some('a', '192.0.2.0/24'), everyone)).toEqual([])
    })

    test('and then no chain of limits, which would pass for one that was emptied', () => {
      const everyone = mapping(80, { kind: 'direct', label: 'b', allowFrom: null })
      const networks = [network('web', 1, { mode: 'routed' })]
      const ruleset = compile(desiredState([some('a', '192.0.2.0/24'), everyone], { networks }))
      expect(chainNames(ruleset, 'mangle')).not.toContain('PORTOLAN-LIMIT')
      expect(chainNames(ruleset, 'mangle')).toContain('PORTOLAN-OPEN')
    })
  })

  test('lets a flow that has begun through ahead of everything, unless it may have to end', () => {
    const first = (networks: Parameters<typeof desiredState>[1], family: 'ip' | 'ip6' = 'ip') =>
      lines(compile(desiredState([], networks)), 'mangle', 'PORTOLAN-FORWARD', family)[0]
    const both = network('a', 1, { families: ['ip', 'ip6'] })
    expect(first({ networks: [both] })).toBe(
      '! -s 127.0.0.0/8 -m conntrack --ctstate ESTABLISHED ! --ctorigdst 127.0.0.0/8 -j RETURN',
    )
    expect(first({ networks: [both] }, 'ip6')).toBe('-m conntrack --ctstate ESTABLISHED -j RETURN')
    const toHome = '-m conntrack ! --ctstate RELATED,ESTABLISHED -j PORTOLAN-HOME'
    expect(first({ networks: [both, network('db', 2, { internal: true })] })).toBe(toHome)
    expect(first({ networks: [both, network('db', 2, { mode: 'isolated' })] })).toBe(toHome)
    expect(first({ networks: [both], guardForwarding: true })).toBe(toHome)
  })

  test('asks first packets alone where their source comes in, ahead of everything', () => {
    const ruleset = compile(desiredState([], { networks: [network('a', 1), network('b', 2)] }))
    expect(lines(ruleset, 'mangle', 'PORTOLAN-FORWARD')[1]).toBe(
      '-m conntrack ! --ctstate RELATED,ESTABLISHED -j PORTOLAN-HOME',
    )
    expect(lines(ruleset, 'mangle', 'PORTOLAN-HOME')).toEqual([
      expect.stringMatching(/^-s 10\.200\.1\.0\/24 ! -i br-a .* -j DROP$/),
      expect.stringMatching(/^-s 10\.200\.2\.0\/24 ! -i br-b .* -j DROP$/),
    ])
  })

  test('lets nothing leave a masqueraded network that no nat chain would masquerade', () => {
    const between = (mode: 'nat' | 'routed') =>
      lines(
        compile(desiredState([], { networks: [network('a', 1, { mode })] })),
        'mangle',
        'PORTOLAN-BETWEEN',
      )
    expect(between('nat').slice(2)).toEqual([
      expect.stringMatching(/^-i br-a -m conntrack --ctstate INVALID,UNTRACKED .* -j DROP$/),
      expect.stringMatching(/^! -s 10\.200\.1\.0\/24 -i br-a -m conntrack --ctstate NEW .* -j DROP$/),
    ])
    expect(between('routed')).toHaveLength(2)
  })

  test('forwards nothing from a network without a gateway', () => {
    const ruleset = compile(desiredState([], { networks: [network('a', 1, { mode: 'isolated' })] }))
    expect(lines(ruleset, 'mangle', 'PORTOLAN-HOME')[0]).toMatch(/^-i br-a ! -o br-a .* -j DROP$/)
  })

  test('guards forwarding last, after every bridge of every project', () => {
    const rules = lines(
      compile(desiredState([], { guardForwarding: true, networks: [network('a', 1), network('b', 2)] })),
      'mangle',
      'PORTOLAN-FORWARD',
    )
    expect(rules.at(-1)).toBe(
      '-m comment --comment "demo/guard forwarding: not between interfaces of others" -j DROP',
    )
    expect(rules).toHaveLength(6)
  })

  test('never masquerades between our own bridges, nor what the host says to itself: both are sent away before', () => {
    const rules = lines(
      compile(desiredState([], { networks: [network('a', 1), network('b', 2)] })),
      'nat',
      'PORTOLAN-SNAT',
    )
    expect(rules.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      '-o lo',
      '-o br-a',
      '-o br-b',
      '-s 10.200.1.0/24',
      '-s 10.200.2.0/24',
    ])
  })

  test('gives every chain a name that the kernel takes', () => {
    const bridge = 'abcdefghijklmno'
    const many = Array.from({ length: 60 }, (_, index) => mapping(40000 + index, { allowFrom: [] }))
    const ruleset = compile(desiredState(many, { networks: [network('web', 1, { bridge })] }))
    for (const chain of [...chainNames(ruleset, 'mangle'), ...chainNames(ruleset, 'nat')]) {
      expect(chain.length).toBeLessThanOrEqual(28)
    }
  })

  test.each(['br+', 'a b', 'x"y', '-j', 'br\n', 'abcdefghijklmnop', ''])(
    'refuses the bridge %j, which would mean something else in a rule',
    (bridge) => {
      expect(() => compile(desiredState([], { networks: [network('web', 1, { bridge })] }))).toThrow(
        /cannot be used with iptables/,
      )
    },
  )

  test('refuses an address that is none', () => {
    expect(() => compile(desiredState([mapping(80, { hostAddress: '1.2.3.4 -j ACCEPT' })]))).toThrow(
      /not a canonical IPv4 address/,
    )
    expect(() => compile(desiredState([mapping(80, { allowFrom: ['10.0.0.0/33'] })]))).toThrow(/prefix/)
  })
})
