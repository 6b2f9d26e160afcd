import { describe, expect, test } from '@jest/globals'
import { adopt, compile, emptyRuleset, parse, print, projectsIn } from '../../src/index.ts'
import { desiredState, mapping, network } from '../support/desired.ts'
import { lines } from '../support/lines.ts'

const one = compile(desiredState([mapping(8080)], { project: 'one' }))
const two = desiredState([mapping(8081)], { project: 'two', networks: [network('two', 2)] })

describe('adopt', () => {
  test('keeps what other projects have, and lays out the ports of all anew', () => {
    const both = adopt(one, two, 'two')
    expect(projectsIn(both)).toEqual(['one', 'two'])
    expect(lines(both, 'nat', 'PORTOLAN-DNAT')).toHaveLength(2)
    expect(adopt(both, null, 'two')).toEqual(one)
  })

  test('leaves nothing when the last project goes', () => {
    expect(adopt(one, null, 'one')).toEqual(emptyRuleset)
  })

  test('grows a tree out of lists that were short enough each', () => {
    const many = (project: string, first: number, number: number) =>
      desiredState(
        Array.from({ length: 12 }, (_, index) => mapping(first + index)),
        { project, networks: [network(project, number)] },
      )
    const left = compile(many('a', 8000, 1))
    const both = adopt(left, many('b', 9000, 2), 'b')
    expect(lines(both, 'nat', 'PORTOLAN-DNAT')).toEqual(['-p tcp -g PORTOLAN-DNAT-T'])
    expect(adopt(both, null, 'b')).toEqual(left)
  })

  test('lets an open address of one project through the limited wildcard of another', () => {
    const limited = compile(desiredState([mapping(8080, { allowFrom: [] })], { project: 'one' }))
    const open = desiredState([mapping(8080, { hostAddress: '192.0.2.2' })], {
      project: 'two',
      networks: [network('two', 2)],
    })
    expect(lines(adopt(limited, open, 'two'), 'mangle', 'PORTOLAN-ALLOW')[0]).toBe(
      '-d 192.0.2.2/32 -p tcp -m tcp --dport 8080 -j RETURN',
    )
  })

  test('does not look at foreign rules, though their comments look like ours', () => {
    const foreign = parse(
      '*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -m comment --comment "one/web" -j DROP\nCOMMIT\n',
    )
    expect(adopt(foreign, null, 'two')).toEqual(emptyRuleset)
  })

  test('can still be loaded when a chain of another project has been emptied', () => {
    const emptied = parse(print(one, 'iptables-save').replaceAll(/^-A PORTOLAN-IN-.*\n/gm, ''))
    // A chain that only a jump names: the script must still declare it.
    const damaged = {
      ...emptied,
      tables: emptied.tables.map((table) => ({
        ...table,
        chains: table.chains.filter(({ name }) => !name.startsWith('PORTOLAN-IN')),
      })),
    }
    const both = adopt(damaged, two, 'two')
    const named = print(both, 'iptables-restore')
    expect(named).toContain(':PORTOLAN-IN-br-web - [0:0]\n')
  })
})
