import { describe, expect, test } from '@jest/globals'
import type { DesiredOpening } from '@portolan/core'
import { compile, guardedBridges, isWhole, mend, type Ruleset } from '../../src/index.ts'
import { emptyRuleset } from '../../src/model/index.ts'
import { canonical } from '../arbitrary/canonical.ts'
import { mapping, network, state } from '../arbitrary/example.ts'

const restricted = mapping({ allowFrom: ['192.0.2.0/24'] })
const demo = state({ mappings: [restricted, mapping({ hostPort: 9090 })] })
const networks = [{ project: 'demo', network: network() }]
const whole = compile(demo)

/** The table without the elements of some sets, or without the rules of some chains. */
const without = (ruleset: Ruleset, isGone: (name: string) => boolean): Ruleset => ({
  ...ruleset,
  tables: ruleset.tables.map((table) => ({
    ...table,
    sets: table.sets.map((set) => (isGone(set.name) ? { ...set, elements: [] } : set)),
    chains: table.chains.map((chain) => (isGone(chain.name) ? { ...chain, rules: [] } : chain)),
  })),
})

describe('mend', () => {
  test('restricts a port again whose element is gone, by the chain that is still there', () => {
    const actual = without(whole, (name) => name === 'restricted4')
    expect(isWhole(actual, networks)).toBe(false)
    const { ruleset, lost } = mend(actual, { networks })
    expect(lost).toEqual([])
    expect(canonical(ruleset)).toEqual(canonical(whole))
  })

  test('names the mapping whose restrictions nothing tells any more', () => {
    const actual = without(whole, (name) => name === 'allow4_tcp_8080')
    expect(isWhole(actual, networks)).toBe(false)
    const { lost } = mend(actual, { networks })
    expect(lost).toEqual([expect.stringContaining('chain allow4_tcp_8080')])
    expect(lost[0]).toContain('demo/0.0.0.0:8080/tcp')
    expect(mend(actual, { networks, known: whole }).lost).toEqual([])
  })

  test('brings no mapping back that was taken back before something else was lost', () => {
    const kept = compile(state({ mappings: [mapping({ hostPort: 9090 })] }))
    const damaged = without(kept, (name) => name === 'forward')
    const { ruleset, lost } = mend(damaged, { networks, known: whole })
    expect(lost).toEqual([])
    expect(canonical(ruleset)).toEqual(canonical(kept))
    const flushed = without(kept, (name) => name === 'forward' || name === 'dnat4')
    expect(canonical(mend(flushed, { networks, known: whole }).ruleset)).toEqual(canonical(whole))
  })

  test('brings nothing back that leads to a bridge or container that is gone', () => {
    const presence = { hasInterface: () => false, hasSubnetOf: () => false }
    const { ruleset } = mend(emptyRuleset, { networks: [], known: whole, presence })
    expect(ruleset).toEqual(emptyRuleset)
  })

  test('finds a table whole that has more than a network needs', () => {
    expect(isWhole(whole, [])).toBe(true)
    expect(isWhole(whole, networks)).toBe(true)
    expect(isWhole(whole, [{ project: 'demo', network: network({ bridge: 'br-other' }) }])).toBe(false)
    expect(isWhole(emptyRuleset, [])).toBe(true)
    expect(guardedBridges(whole)).toContain('br-web')
  })

  test('masquerades no network as a whole that leaves the blocks of other hosts alone, and does where that is gone', () => {
    const { ip } = network()
    if (ip === null) throw new Error('no IPv4')
    const web = network({ ip: { ...ip, masquerade: true, unmasqueraded: ['10.64.0.0/12'] } })
    const ofCluster = compile(state({ networks: [web], mappings: [] }))
    // A bridge stores nothing about other hosts.
    const told = [{ project: 'demo', network: network({ ip: { ...ip, masquerade: true } }) }]
    expect(isWhole(ofCluster, told)).toBe(true)
    expect(canonical(mend(ofCluster, { networks: told }).ruleset)).toEqual(canonical(ofCluster))
    const gone = without(ofCluster, (name) => name.startsWith('mask') || name === 'masquerade_beyond4')
    expect(isWhole(gone, told)).toBe(false)
  })

  test('makes a network anew among other hosts where its rules are gone, and asks for none where they are there', () => {
    const { ip } = network()
    if (ip === null) throw new Error('no IPv4')
    const alone = network({ ip: { ...ip, masquerade: true } })
    const web = network({ ip: { ...ip, masquerade: true, unmasqueraded: ['10.64.2.0/24'] } })
    const opening: DesiredOpening = {
      label: 'all of web from 10.64.2.0/24 of host h2',
      family: 'ip',
      network: web.name,
      address: null,
      from: { kind: 'prefix', prefix: '10.64.2.0/24' },
      ports: null,
    }
    const openings = [opening]
    const told = [{ project: 'demo', network: alone, among: { network: web, openings } }]
    const ofCluster = compile(state({ networks: [web], mappings: [], openings }))
    expect(canonical(mend(emptyRuleset, { networks: told }).ruleset)).toEqual(canonical(ofCluster))
    for (const name of ['mask', 'masquerade_beyond4', 'to_', 'forward']) {
      const damaged = without(ofCluster, (one) => one.startsWith(name))
      expect(canonical(mend(damaged, { networks: told }).ruleset)).toEqual(canonical(ofCluster))
    }
    // The project may not know the other hosts yet, or may know more of them.
    for (const there of [ofCluster, compile(state({ networks: [alone], mappings: [] }))])
      expect(isWhole(there, told)).toBe(true)
  })

  test('leaves out what another program put into the chain of a project, and keeps the chain', () => {
    const [table] = whole.tables
    if (table === undefined) throw new Error('no table')
    const chains = table.chains.map((chain) =>
      chain.name === 'to_br-web'
        ? { ...chain, rules: [{ handle: null, comment: null, statements: [] }, ...chain.rules] }
        : chain,
    )
    const actual = { ...whole, tables: [{ ...table, chains }] }
    expect(canonical(mend(actual, { networks }).ruleset)).toEqual(canonical(whole))
  })
})
