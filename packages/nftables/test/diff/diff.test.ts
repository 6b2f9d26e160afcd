import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { applyTo, compile, diff, type Ruleset } from '../../src/index.ts'
import { emptyRuleset } from '../../src/model/index.ts'
import { canonical } from '../arbitrary/canonical.ts'
import { desiredState } from '../arbitrary/desired-state.ts'
import { large, mapping, state, target } from '../arbitrary/example.ts'

describe('diff', () => {
  test('of a state and itself is empty', () => {
    fc.assert(
      fc.property(desiredState(), (desired) => {
        expect(diff(compile(desired), compile(desired))).toEqual([])
      }),
    )
  })

  test('applied to the one gives the other', () => {
    fc.assert(
      fc.property(desiredState(), desiredState(), (a, b) => {
        const [actual, desired] = [compile(a), compile(b)]
        expect(canonical(applyTo(actual, diff(actual, desired)))).toEqual(canonical(desired))
      }),
    )
  })

  test('applied one after another gives the last', () => {
    fc.assert(
      fc.property(fc.array(desiredState(), { minLength: 2, maxLength: 4 }), (states) => {
        const rulesets = states.map((one) => compile(one))
        const [first = emptyRuleset] = rulesets
        const changes = rulesets.slice(1).flatMap((next, at) => diff(rulesets[at] ?? next, next))
        expect(canonical(applyTo(first, changes))).toEqual(canonical(rulesets.at(-1) ?? first))
      }),
    )
  })

  test('of one mapping more, among ten thousand, is one element', () => {
    const desired = large()
    const more = { ...desired, mappings: [...desired.mappings, mapping({ hostPort: 443 })] }
    const changes = diff(compile(desired), compile(more))
    expect(changes.map(({ action, operation }) => `${action} ${operation.kind}`)).toEqual(['add add-element'])
    expect(changes[0]?.description).toBe(
      'Adds tcp . 443 : 172.17.0.1 . 80 to map dnat4, for 0.0.0.0:443/tcp -> nginx:80 of demo.',
    )
    expect(changes[0]?.reverse).toBe('delete element inet portolan dnat4 { tcp . 443 }')
  })

  test('of a mapping that leads elsewhere is one change, which says from where to where', () => {
    const [change, ...more] = diff(
      compile(state()),
      compile(state({ mappings: [mapping({ targets: [target({ port: 81 })] })] })),
    )
    expect(more).toEqual([])
    expect(change?.action).toBe('change')
    expect(change?.before).toContain(': 172.17.0.1 . 80')
    expect(change?.after).toContain(': 172.17.0.1 . 81')
  })

  test('to nothing is the table, once', () => {
    expect(diff(compile(state()), emptyRuleset).map(({ operation }) => operation.kind)).toEqual([
      'remove-table',
    ])
    expect(diff(emptyRuleset, emptyRuleset)).toEqual([])
  })

  test('writes a table anew that is built otherwise: dormant, or hooked elsewhere', () => {
    const desired = compile(state())
    const altered = (alter: (ruleset: Ruleset['tables'][number]) => Ruleset['tables'][number]): Ruleset => ({
      ...desired,
      tables: desired.tables.map(alter),
    })
    const dormant = altered((table) => ({ ...table, flags: ['dormant'] }))
    const elsewhere = altered((table) => ({
      ...table,
      chains: table.chains.map((chain) =>
        chain.base === null ? chain : { ...chain, base: { ...chain.base, priority: -100 } },
      ),
    }))
    for (const actual of [dormant, elsewhere]) {
      const changes = diff(actual, desired)
      expect(changes.map(({ operation }) => operation.kind)).toEqual(['replace-table'])
      expect(canonical(applyTo(actual, changes))).toEqual(canonical(desired))
    }
  })

  test('does not look at tables of others, and applying it leaves them', () => {
    const foreign: Ruleset = {
      ...emptyRuleset,
      tables: [
        {
          family: 'ip',
          name: 'portolan',
          handle: 1,
          comment: null,
          flags: [],
          sets: [],
          chains: [],
          opaque: [],
        },
      ],
    }
    const changes = diff(foreign, compile(state()))
    expect(applyTo(foreign, changes).tables.map(({ family, name }) => `${family} ${name}`)).toEqual([
      'ip portolan',
      'inet portolan',
    ])
    expect(diff(foreign, emptyRuleset)).toEqual([])
  })
})
