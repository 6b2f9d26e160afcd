import { describe, expect, test } from '@jest/globals'
import type { DesiredState } from '@portolan/core'
import { adopt, compile, diff, emptyRuleset, mend, type Ruleset } from '../../src/index.ts'
import { desiredState, mapping, network } from '../support/desired.ts'
import { lines } from '../support/lines.ts'

/** A project with one container on a foreign bridge. */
const joining = (project: string, address: string, hostPort: number): DesiredState =>
  desiredState(
    [
      mapping(hostPort, {
        targets: [{ service: 'nginx', replica: 1, network: 'web', address, port: 80, weight: 1 }],
      }),
    ],
    { project, networks: [network('web', 1, { external: true })] },
  )

const one = joining('one', '10.200.1.9', 8080)
const two = joining('two', '10.200.1.10', 8081)

const chains = [
  ['mangle', 'PORTOLAN-FORWARD'],
  ['mangle', 'PORTOLAN-BETWEEN'],
  ['mangle', 'PORTOLAN-HOME'],
  ['filter', 'PORTOLAN-ACCEPT'],
  ['nat', 'PORTOLAN-SNAT'],
] as const

const all = (ruleset: Ruleset): readonly string[] =>
  chains
    .flatMap(([table, chain]) => lines(ruleset, table, chain))
    .map((line) => line.replace(/ -m comment --comment "[^"]*"/, ''))

describe('a network of others', () => {
  test('has rules for the addresses of the project alone', () => {
    expect(all(compile(one))).toEqual([
      '! -s 127.0.0.0/8 -m conntrack --ctstate ESTABLISHED ! --ctorigdst 127.0.0.0/8 -j RETURN',
      '-m conntrack ! --ctstate RELATED,ESTABLISHED -j PORTOLAN-HOME',
      // What comes in by the bridge is asked on its way to our containers and from them.
      '-i br-web -g PORTOLAN-BETWEEN',
      '-d 10.200.1.9/32 -o br-web -g PORTOLAN-IN-br-web',
      '-j PORTOLAN-LOOPBACK',
      '-d 10.200.1.9/32 -o br-web -g PORTOLAN-OWN-br-web',
      '-s 10.200.1.9/32 -i br-web ! -o br-web -m conntrack --ctstate INVALID,UNTRACKED -j DROP',
      '-s 10.200.1.9/32 ! -i br-web -j DROP',
      '-s 10.200.1.9/32 -i br-web -m conntrack --ctdir REPLY -j ACCEPT',
      '-d 10.200.1.9/32 -o br-web -j ACCEPT',
      '-s 10.200.1.9/32 -i br-web -g PORTOLAN-LEAVE',
      '-o lo -j RETURN',
      '-d 10.200.1.9/32 -o br-web -g PORTOLAN-SRC-br-web',
      '-s 10.200.1.9/32 ! -o br-web -j MASQUERADE',
    ])
  })

  test('without a container of the project has no rules', () => {
    expect(compile({ ...one, mappings: [] })).toEqual(emptyRuleset)
  })

  test('of two projects has the addresses of each, and of the one that stays when the other goes', () => {
    const both = adopt(compile(one), two, 'two')
    expect(adopt(both, null, 'one')).toEqual(compile(two))
    expect(adopt(both, null, 'two')).toEqual(compile(one))
    expect(adopt(compile(two), one, 'one')).toEqual(both)
    expect(diff(both, adopt(both, one, 'one'))).toEqual([])
  })

  test('beside its owner’s rules leaves these as they are', () => {
    const owner = compile(desiredState([], { project: 'owner' }))
    expect(adopt(adopt(owner, two, 'two'), null, 'two')).toEqual(owner)
  })

  test('comes back from what was known, unless its bridge is gone', () => {
    const known = compile(one)
    const presence = { hasInterface: () => true, hasSubnetOf: () => true }
    expect(mend(emptyRuleset, { networks: [], known, presence }).ruleset).toEqual(known)
    const gone = { hasInterface: () => false, hasSubnetOf: () => false }
    expect(mend(emptyRuleset, { networks: [], known, presence: gone }).ruleset).toEqual(emptyRuleset)
  })

  test('is left to the rules of others where forwarding is guarded', () => {
    const guarded = lines(compile({ ...one, guardForwarding: true }), 'mangle', 'PORTOLAN-FORWARD')
    expect(guarded.filter((line) => line.includes('guard'))).toEqual([
      '-i br-web -m comment --comment "one/guard forwarding: from others on a bridge that is joined" -j RETURN',
      '-o br-web -m comment --comment "one/guard forwarding: to others on a bridge that is joined" -j RETURN',
      '-m comment --comment "one/guard forwarding: not between interfaces of others" -j DROP',
    ])
  })
})
