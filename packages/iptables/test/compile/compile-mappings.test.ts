import { describe, expect, test } from '@jest/globals'
import { compile } from '../../src/index.ts'
import { desiredState, mapping, network } from '../support/desired.ts'
import { chainNames, lines } from '../support/lines.ts'
import { label } from './label.ts'

describe('compile', () => {
  test('translates a host port for whatever address of the host', () => {
    expect(lines(compile(desiredState([mapping(8080)])), 'nat', 'PORTOLAN-DNAT')).toEqual([
      `-p tcp -m tcp --dport 8080 ${label(8080)} -j DNAT --to-destination 10.200.1.2:80`,
    ])
  })

  test('asks a host address before the wildcard, and an interface before no interface', () => {
    const at = (options: Parameters<typeof mapping>[1]) => mapping(8080, options)
    const ruleset = compile(
      desiredState([
        at({}),
        at({ interface: 'eth0' }),
        at({ hostAddress: '192.0.2.2' }),
        at({ hostAddress: '192.0.2.2', interface: 'eth1' }),
      ]),
    )
    const heads = (chain: string) => lines(ruleset, 'nat', chain).map((line) => line.split(' -p ')[0])
    expect(heads('PORTOLAN-DNAT').slice(1)).toEqual([
      '-d 192.0.2.2/32 -i eth1',
      '-d 192.0.2.2/32',
      '-i eth0',
      expect.stringMatching(/^-p tcp/),
    ])
    // Packets from the host and its containers enter by neither interface.
    expect(heads('PORTOLAN-DNAT')[0]).toBe('-i br-web -j PORTOLAN-LOCAL')
    expect(lines(ruleset, 'nat', 'PORTOLAN-OUTPUT')).toEqual(['-j PORTOLAN-LOCAL', '-g PORTOLAN-DNAT'])
    expect(lines(ruleset, 'nat', 'PORTOLAN-LOCAL')).toHaveLength(4)
    expect(lines(ruleset, 'nat', 'PORTOLAN-LOCAL').join()).not.toContain('-i ')
  })

  test('shares flows by weight, each rule taking its part of what is left', () => {
    const targets = [1, 1, 2].map((weight, index) => ({
      service: 'nginx',
      replica: index + 1,
      network: 'web',
      address: `10.200.1.${index + 2}`,
      port: 80,
      weight,
    }))
    const [first, ...rest] = targets
    if (first === undefined) throw new Error('no target')
    const rules = lines(
      compile(desiredState([mapping(8080, { targets: [first, ...rest] })])),
      'nat',
      'PORTOLAN-DNAT',
    )
    expect(rules.map((line) => /--probability (\S+)/.exec(line)?.[1])).toEqual([
      '0.25000000000',
      '0.33333333349',
      undefined,
    ])
  })

  test('drops other machines that allow_from does not name, before anything is translated', () => {
    const ruleset = compile(desiredState([mapping(8080, { allowFrom: ['192.0.2.0/24'] })]))
    expect(lines(ruleset, 'mangle', 'PORTOLAN-PRE')).toEqual([
      '-i br-web -j RETURN',
      '-i lo -j RETURN',
      '-m conntrack --ctdir REPLY -j RETURN',
      '-m addrtype --dst-type LOCAL -g PORTOLAN-ALLOW',
    ])
    expect(lines(ruleset, 'mangle', 'PORTOLAN-ALLOW')).toEqual([
      `-s 192.0.2.0/24 -p tcp -m tcp --dport 8080 ${label(8080)} -j RETURN`,
      `-p tcp -m tcp --dport 8080 ${label(8080)} -j DROP`,
    ])
  })

  test('has a chain that packets pass before DNAT only where a port is open to some sources', () => {
    const both = network('web', 1, { families: ['ip', 'ip6'] })
    const ruleset = compile(desiredState([mapping(8080)], { networks: [both] }))
    for (const family of ['ip', 'ip6'] as const)
      expect(lines(ruleset, 'mangle', 'PREROUTING', family)).toEqual([])
  })

  test('closes a port wholly for an empty list, and leaves it open for a list that holds everyone', () => {
    const closed = compile(desiredState([mapping(8080, { allowFrom: [] })]))
    expect(lines(closed, 'mangle', 'PORTOLAN-ALLOW')).toHaveLength(1)
    const open = compile(desiredState([mapping(8080, { allowFrom: ['192.0.2.0/24', '0.0.0.0/0'] })]))
    expect(chainNames(open, 'mangle')).not.toContain('PORTOLAN-ALLOW')
  })

  test('does not bind an open address by a limited wildcard on the same port', () => {
    const ruleset = compile(
      desiredState([
        mapping(8080, { allowFrom: [] }),
        mapping(8080, { hostAddress: '192.0.2.2' }),
        mapping(8081, { hostAddress: '192.0.2.2' }),
      ]),
    )
    expect(lines(ruleset, 'mangle', 'PORTOLAN-ALLOW')).toEqual([
      '-d 192.0.2.2/32 -p tcp -m tcp --dport 8080 -j RETURN',
      `-p tcp -m tcp --dport 8080 ${label(8080)} -j DROP`,
    ])
  })

  test('keeps link-local clients and ::1 out of IPv6 translation', () => {
    const ruleset = compile(
      desiredState([mapping(8080, { family: 'ip6' })], {
        networks: [network('web', 1, { families: ['ip6'] })],
      }),
    )
    expect(lines(ruleset, 'nat', 'PORTOLAN-DNAT', 'ip6').slice(0, 2)).toEqual([
      '-s fe80::/10 -j RETURN',
      '-d ::1/128 -j RETURN',
    ])
    expect(lines(ruleset, 'nat', 'PORTOLAN-DNAT', 'ip6')[2]).toContain('--to-destination [fd00:200:1::2]:80')
  })
})
