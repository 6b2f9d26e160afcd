import { describe, expect, test } from '@jest/globals'
import type { DesiredState } from '@portolan/core'
import { adopt, compile, diff, emptyRuleset, mend, print, type Ruleset } from '../../src/index.ts'
import { mapping, network, state, target } from '../arbitrary/example.ts'

/** A project with one container on a foreign bridge. */
const joining = (project: string, address: string, hostPort: number): DesiredState =>
  state({
    project,
    networks: [network({ external: true })],
    mappings: [mapping({ hostPort, targets: [target({ address })] })],
  })

const one = joining('one', '172.17.0.9', 8080)
const two = joining('two', '172.17.0.10', 8081)

const linesOf = (ruleset: Ruleset): readonly string[] =>
  print(ruleset, 'nft')
    .split('\n')
    .map((line) => line.trim())

/** The lines that name the subnet or the bridge, those of chains of the project itself left out. */
const wide = (ruleset: Ruleset): readonly string[] =>
  linesOf(ruleset).filter((line) => line.includes('172.17.0.0/16') && !line.includes('ct status dnat'))

describe('a network of others', () => {
  test('has rules for the addresses of the project alone', () => {
    const ruleset = compile(one)
    expect(wide(compile(state()))).not.toEqual([])
    expect(wide(ruleset)).toEqual([])
    const lines = linesOf(ruleset)
    expect(lines).toContain('"br-web" . 172.17.0.9 comment "one/web" : goto to_br-web//one,')
    expect(lines).toContain('172.17.0.9 comment "one/web" : goto home_br-web//one,')
    expect(lines).toContain('172.17.0.9 comment "one/web" : goto masquerade_br-web//one,')
    expect(lines).toContain('oifname != "br-web" masquerade comment "one/web"')
    // What the bridge itself leads to stays as it is: nothing is looked up by it.
    const elements = ruleset.tables[0]?.sets.flatMap(({ name, elements: all }) =>
      all.length > 0 && ['to_network', 'source_to_network', 'from_network'].includes(name) ? [name] : [],
    )
    expect(elements).toEqual([])
  })

  test('without a container of the project has no rules', () => {
    expect(compile({ ...one, mappings: [] })).toEqual(emptyRuleset)
  })

  test('of two projects has the addresses of each, and of the one that stays when the other goes', () => {
    const both = adopt(compile(one), two, 'two')
    const lines = linesOf(both)
    expect(lines.filter((line) => line.includes('goto to_br-web//'))).toEqual([
      '"br-web" . 172.17.0.9 comment "one/web" : goto to_br-web//one,',
      '"br-web" . 172.17.0.10 comment "two/web" : goto to_br-web//two,',
    ])
    expect(diff(adopt(both, null, 'one'), compile(two))).toEqual([])
    expect(diff(adopt(both, null, 'two'), compile(one))).toEqual([])
    expect(diff(both, adopt(both, one, 'one'))).toEqual([])
  })

  test('beside its owner’s rules leaves these as they are', () => {
    const owner = state({ project: 'owner' })
    const both = adopt(compile(owner), two, 'two')
    expect(diff(adopt(both, null, 'two'), compile(owner))).toEqual([])
    expect(linesOf(both)).toContain('"br-web" comment "owner/web" : goto to_br-web,')
  })

  test('comes back from what was known, unless its bridge is gone', () => {
    const known = compile(one)
    const presence = { hasInterface: () => true, hasSubnetOf: () => true }
    const back = mend(emptyRuleset, { networks: [], known, presence }).ruleset
    expect(diff(back, known)).toEqual([])
    const gone = { hasInterface: () => false, hasSubnetOf: () => false }
    expect(mend(emptyRuleset, { networks: [], known, presence: gone }).ruleset).toEqual(emptyRuleset)
  })

  test('is left to the rules of others where forwarding is guarded', () => {
    const guard = (desired: DesiredState): readonly string[] =>
      linesOf(compile({ ...desired, guardForwarding: true })).filter((line) =>
        line.includes('guard forwarding'),
      )
    expect(guard(one)).toEqual([
      'iifname != @bridges oifname != @bridges drop comment "one/guard forwarding"',
    ])
    expect(guard(state())).toEqual(['iifname != @bridges drop comment "demo/guard forwarding"'])
  })
})
