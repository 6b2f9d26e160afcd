import { describe, expect, test } from '@jest/globals'
import { evaluate, type HostFacts, type InterfaceFact, type Packet } from '../../src/index.ts'
import { type ChainSketch, drop, facts, fromLan, iif, ruleset, base as sketch, table } from './model.ts'

const addresses = facts.interfaces?.find(({ name }) => name === 'eth0')?.addresses ?? []

/** The host of the model with its LAN behind `master`, whose ports are p1 and p2. */
const behind = (kind: string | null, ...more: readonly InterfaceFact[]): HostFacts => ({
  ...facts,
  interfaces: [
    ...(facts.interfaces ?? []).filter(({ name }) => name !== 'eth0'),
    { name: 'master', index: 2, up: true, addresses, ...(kind === null ? {} : { kind }) },
    ...['p1', 'p2'].map((name, at) => ({ name, index: 8 + at, up: true, kind: 'ether', master: 'master' })),
    ...more,
  ],
})

/** A bridge with a bond among its ports. */
const stacked = behind(
  'bridge',
  { name: 'bond0', index: 21, up: true, kind: 'bond', master: 'master' },
  { name: 's1', index: 20, up: true, kind: 'ether', master: 'bond0' },
)

const onDevice = (device: string): ChainSketch => {
  const chain = sketch('ingress', 0, {}, [drop])
  return { ...chain, base: chain.base === null ? null : { ...chain.base, devices: [device] } }
}

const byPort: Packet = { ...fromLan, in: 'p1' }
const byMaster: Packet = { ...fromLan, in: 'master' }
const toNeighbour: Packet = { ...byMaster, destination: '192.0.2.77' }

describe('an interface that has ports', () => {
  test.each(['bond', 'team', 'bridge', null])('is what rules see for packets by a port (kind %s)', (kind) => {
    const dropsOn = (name: string): string =>
      evaluate(byPort, behind(kind), ruleset(table({}, sketch('prerouting', 0, {}, [iif(name), drop]))))
        .outcome
    expect([dropsOn('master'), dropsOn('p1')]).toEqual(['dropped', 'local'])
  })

  test('does not hide its ports from rules where it is a VRF', () => {
    const rules = ruleset(table({}, sketch('prerouting', 0, {}, [iif('p1'), drop])))
    expect(evaluate(byPort, behind('vrf'), rules).outcome).toBe('dropped')
  })

  test.each(['bond', 'bridge'])('has chains on its ports for packets by these alone (%s)', (kind) => {
    const outcomes = ['p1', 'p2', 'master'].map(
      (device) =>
        evaluate(byPort, behind(kind), ruleset(table({ family: 'netdev' }, onDevice(device)))).outcome,
    )
    expect(outcomes).toEqual(['dropped', 'local', 'dropped'])
  })

  test('may be a port itself: the bridge above a bond is what rules see', () => {
    const rules = ruleset(table({}, sketch('prerouting', 0, {}, [iif('master'), drop])))
    expect(evaluate({ ...fromLan, in: 's1' }, stacked, rules).outcome).toBe('dropped')
  })

  test.each([
    ['a port of the bond', 's1', 'bond0', { outcome: 'dropped', certainty: 'certain' }],
    ['a port of the bond', 's1', 'master', { outcome: 'local', certainty: 'possible' }],
    ['another port', 'p1', 'bond0', { outcome: 'local', certainty: 'certain' }],
    ['the bond', 'bond0', 's1', { outcome: 'dropped', certainty: 'certain' }],
  ])('has chains on the ports of a bond below it, too: on %s (%s), by %s', (_what, device, from, seen) => {
    const rules = ruleset(table({ family: 'netdev' }, onDevice(device)))
    expect(evaluate({ ...fromLan, in: from }, stacked, rules)).toMatchObject(seen)
  })

  test('ends at itself where facts name it as its own master', () => {
    const circle: HostFacts = {
      ...facts,
      interfaces: [
        ...(facts.interfaces ?? []),
        { name: 'a', index: 9, kind: 'bond', master: 'b' },
        { name: 'b', index: 10, kind: 'bond', master: 'a' },
      ],
    }
    expect(evaluate({ ...fromLan, in: 'a' }, circle, ruleset()).outcome).toBe('local')
  })

  test.each([
    ['bond', 'dropped'],
    ['team', 'dropped'],
    ['vrf', 'dropped'],
    ['bridge', 'forwarded'],
  ])('switches between its ports only where it is a bridge (%s: %s)', (kind, outcome) => {
    const rules = ruleset(table({}, sketch('forward', 0, {}, [drop])))
    expect(evaluate(toNeighbour, behind(kind), rules).outcome).toBe(outcome)
  })

  test.each([
    ['bond', 'certain'],
    ['vrf', 'certain'],
    ['bridge', 'possible'],
  ])('meets tables of bridges only where it is one (%s: %s)', (kind, certainty) => {
    const rules = ruleset(table({ family: 'bridge' }, sketch('prerouting', 0, {}, [drop])))
    expect(evaluate(byMaster, behind(kind), rules)).toMatchObject({ certainty })
  })
})
