import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { adopt, compile, diff } from '../../src/index.ts'
import { emptyRuleset } from '../../src/model/index.ts'
import { canonical } from '../arbitrary/canonical.ts'
import { desiredState } from '../arbitrary/desired-state.ts'
import { mapping, network, state, target } from '../arbitrary/example.ts'

const other = state({
  project: 'other',
  networks: [
    network({
      name: 'back',
      bridge: 'br-back',
      ip: { subnet: '172.18.0.0/16', gateway: '172.18.0.1', mode: 'nat', masquerade: true },
    }),
  ],
  mappings: [
    mapping({ hostPort: 9090, label: '9090 -> api:80', targets: [target({ address: '172.18.0.2' })] }),
  ],
})

describe('adopt', () => {
  test('on a host without us is what was compiled', () => {
    fc.assert(
      fc.property(desiredState(), (desired) => {
        expect(adopt(emptyRuleset, desired, 'demo')).toEqual(compile(desired))
      }),
      { numRuns: 50 },
    )
  })

  test('of the same thing twice changes nothing', () => {
    fc.assert(
      fc.property(desiredState('demo', 0), desiredState('other', 4), (demo, foreign) => {
        const both = adopt(compile(demo), foreign, 'other')
        expect(diff(both, adopt(both, foreign, 'other'))).toEqual([])
        expect(diff(both, adopt(both, demo, 'demo'))).toEqual([])
      }),
      { numRuns: 50 },
    )
  })

  test('without what was compiled leaves the others as they were', () => {
    fc.assert(
      fc.property(desiredState('demo', 0), desiredState('other', 4), (demo, foreign) => {
        const both = adopt(compile(demo), foreign, 'other')
        expect(canonical(adopt(both, null, 'other'))).toEqual(canonical(compile(demo)))
      }),
      { numRuns: 50 },
    )
  })

  test('takes the table away with the last project', () => {
    expect(adopt(compile(state()), null, 'demo')).toEqual(emptyRuleset)
  })

  test('leaves a port to the project that has it, in whatever map', () => {
    const theirs = compile(
      state({ mappings: [mapping({ targets: [target(), target({ address: '172.17.0.2' })] })] }),
    )
    const mine = { ...other, mappings: [mapping({ allowFrom: ['10.0.0.0/8'] }), ...other.mappings] }
    const joined = adopt(theirs, mine, 'other').tables[0]
    const elements = joined?.sets.find(({ name }) => name === 'dnat4')?.elements ?? []
    expect(elements.map(({ comment }) => comment)).toEqual(['other/9090 -> api:80'])
    expect(joined?.chains.map(({ name }) => name)).not.toContain('allow4_tcp_8080')
    expect(joined?.sets.map(({ name }) => name)).not.toContain('restricted4')
  })

  test("keeps a project's mapping open where another project restricts the wildcard of its port", () => {
    const restricted = state({ mappings: [mapping({ allowFrom: [] })] })
    const open = { ...other, mappings: [mapping({ hostAddress: '192.0.2.2', label: 'open' })] }
    const exempt = adopt(compile(restricted), open, 'other').tables[0]?.sets.find(
      ({ name }) => name === 'restricted4_host',
    )
    expect(exempt?.elements.map(({ comment, data }) => [comment, data?.kind])).toEqual([
      ['other/open', 'accept'],
    ])
    const back = adopt(adopt(compile(open), restricted, 'demo'), null, 'demo')
    expect(canonical(back)).toEqual(canonical(compile(open)))
  })

  test('lets go of what was put into our table by hand', () => {
    const compiled = compile(state())
    const tampered = {
      ...compiled,
      tables: compiled.tables.map((table) => ({
        ...table,
        chains: table.chains.map((chain) =>
          chain.name === 'forward'
            ? {
                ...chain,
                rules: [
                  { handle: 9, comment: null, statements: [{ kind: 'accept' as const }] },
                  ...chain.rules,
                ],
              }
            : chain,
        ),
      })),
    }
    const desired = adopt(tampered, state(), 'demo')
    expect(canonical(desired)).toEqual(canonical(compiled))
    expect(diff(tampered, desired).map(({ object }) => object)).toEqual(['chain inet portolan forward'])
  })
})
