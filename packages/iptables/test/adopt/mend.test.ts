import { describe, expect, test } from '@jest/globals'
import type { DesiredOpening } from '@portolan/core'
import {
  compile,
  diff,
  displacedJumps,
  guardedBridges,
  mend,
  parse,
  print,
  type Ruleset,
  wholeFamilies,
} from '../../src/index.ts'
import { desiredState, mapping, network } from '../support/desired.ts'

const web = network('web', 1)
const networks = [{ project: 'demo', network: web }]
const demo = desiredState([mapping(8080, { allowFrom: ['192.0.2.0/24'] }), mapping(9090)], {
  networks: [web],
})
const whole = compile(demo)
const textOf = (ruleset: Ruleset): string => print(ruleset, 'iptables-save')

/** The rules without all lines that match. */
const without = (lines: RegExp): Ruleset => parse(textOf(whole).replaceAll(lines, ''))

describe('mend', () => {
  test('makes the chains of a network anew where rules of it are gone', () => {
    for (const lines of [/^-A PORTOLAN-IN-.*\n/gm, /^-A PORTOLAN-FORWARD .*\n/gm, /^-A FORWARD .*\n/gm]) {
      const actual = without(lines)
      expect(wholeFamilies(actual, networks)).toEqual(['ip6'])
      const { ruleset, lost } = mend(actual, { networks })
      expect(lost).toEqual([])
      expect(textOf(ruleset)).toBe(textOf(whole))
    }
  })

  test('makes a network anew among other hosts where its rules are gone, and asks for none where they are there', () => {
    const { ip } = web
    if (ip === null) throw new Error('no IPv4')
    const joined = { ...web, ip: { ...ip, unmasqueraded: ['10.64.2.0/24'] } }
    const opening: DesiredOpening = {
      label: 'all of web from 10.64.2.0/24 of host h2',
      family: 'ip',
      network: 'web',
      address: null,
      from: { kind: 'prefix', prefix: '10.64.2.0/24' },
      ports: null,
    }
    const openings = [opening]
    const told = [{ project: 'demo', network: web, among: { network: joined, openings } }]
    const ofCluster = compile(desiredState([], { networks: [joined], openings }))
    const none = { tables: [], trailer: [] }
    expect(textOf(mend(none, { networks: told, leaving: null }).ruleset)).toBe(textOf(ofCluster))
    const exemption = 'to another host of the cluster'
    for (const [lines, left] of [
      [/^-A PORTOLAN-SNAT .*\n/gm, false],
      [/^-A PORTOLAN-SNAT .*MASQUERADE\n/gm, true],
      [/^-A PORTOLAN-IN-.*\n/gm, true],
    ] as const) {
      const damaged = parse(textOf(ofCluster).replaceAll(lines, ''))
      expect(textOf(mend(damaged, { networks: told }).ruleset)).toBe(textOf(ofCluster))
      // The remaining part stays when other hosts are not known.
      expect(textOf(mend(damaged, { networks }).ruleset).includes(exemption)).toBe(left)
    }
    // The project may not know the other hosts yet, or may know more of them.
    for (const there of [ofCluster, compile(desiredState([], { networks: [web] }))])
      expect(wholeFamilies(there, told)).toEqual(['ip', 'ip6'])
  })

  test('says that restrictions are lost, unless it is told what they were', () => {
    const emptied = without(/^-A PORTOLAN-ALLOW .*\n/gm)
    expect(mend(emptied, { networks }).lost).toEqual([expect.stringContaining('PORTOLAN-ALLOW')])
    expect(wholeFamilies(emptied, networks)).toEqual([])
    const wiped = { ...whole, tables: whole.tables.filter(({ name }) => name !== 'mangle') }
    expect(mend(wiped, { networks }).lost).toEqual([expect.stringContaining('table mangle')])
    for (const actual of [emptied, wiped]) {
      const { ruleset, lost } = mend(actual, { networks, known: whole })
      expect(lost).toEqual([])
      expect(textOf(ruleset)).toBe(textOf(whole))
    }
  })

  test('brings no mapping back that was taken back before something else was lost', () => {
    const kept = compile(desiredState([mapping(9090)], { networks: [web] }))
    const mangle = { ...kept, tables: kept.tables.filter(({ name }) => name !== 'mangle') }
    expect(textOf(mend(mangle, { networks, known: whole }).ruleset)).toBe(textOf(kept))
    const flushed = { ...kept, tables: [] }
    expect(textOf(mend(flushed, { networks, known: whole }).ruleset)).toBe(textOf(whole))
  })

  test('finds a port open whose drop is gone while its allowed sources are still listed', () => {
    const opened = without(/^-A PORTOLAN-ALLOW .*-j DROP\n/gm)
    expect(wholeFamilies(opened, networks)).toEqual([])
    expect(mend(opened, { networks }).lost).toEqual([expect.stringContaining('demo/')])
    const { ruleset, lost } = mend(opened, { networks, known: whole })
    expect(lost).toEqual([])
    expect(textOf(ruleset)).toBe(textOf(whole))
  })

  test('misses nothing where a foreign rule stands before a jump, and moves that jump', () => {
    const jump = '-A INPUT -m comment --comment portolan -j PORTOLAN-INPUT\n'
    const foreign = '-A INPUT -p udp -j ACCEPT\n'
    const actual = parse(textOf(whole).replace(jump, `${foreign}${jump}`))
    expect(wholeFamilies(actual, networks)).toEqual(['ip', 'ip6'])
    expect(displacedJumps(actual)).toEqual([
      {
        family: 'ip',
        table: 'mangle',
        chain: 'INPUT',
        to: 'PORTOLAN-INPUT',
        place: 'first',
        foreign: '-A INPUT -p udp -j ACCEPT',
      },
    ])
    const { ruleset, lost } = mend(actual, { networks })
    expect(lost).toEqual([])
    expect(diff(actual, ruleset).map(({ operation }) => operation.kind)).toEqual(['move-rule'])
    expect(displacedJumps(parse(textOf(whole).replace(jump, `${jump}${foreign}`)))).toEqual([])
  })

  test('leaves a foreign refusal behind our accepts to diff, which moves the jump to the end', () => {
    const jump = '-A FORWARD -m comment --comment portolan -j PORTOLAN-ACCEPT\n'
    const foreign = '-A FORWARD -s 203.0.113.0/24 -j DROP\n'
    const actual = parse(textOf(whole).replace(jump, `${jump}${foreign}`))
    expect(wholeFamilies(actual, networks)).toEqual(['ip', 'ip6'])
    expect(displacedJumps(actual)).toEqual([
      {
        family: 'ip',
        table: 'filter',
        chain: 'FORWARD',
        to: 'PORTOLAN-ACCEPT',
        place: 'last',
        foreign: foreign.trimEnd(),
      },
    ])
    const { ruleset, lost } = mend(actual, { networks })
    expect(lost).toEqual([])
    expect(diff(actual, ruleset).map(({ operation }) => operation.kind)).toEqual(['move-rule'])
    expect(displacedJumps(parse(textOf(whole).replace(jump, `${foreign}${jump}`)))).toEqual([])
  })

  test('finds rules whole as they were compiled, and a family that needs none', () => {
    expect(wholeFamilies(whole, networks)).toEqual(['ip', 'ip6'])
    expect(guardedBridges(whole)).toEqual(['br-web'])
  })
})
