import { describe, expect, test } from '@jest/globals'
import type { Runner } from '@portolan/core'
import * as iptables from '@portolan/iptables'
import * as nftables from '@portolan/nftables'
import { type HostRules, noRules } from '../../src/host-rules/host-rules.ts'
import { plan } from '../../src/plan/plan-intent.ts'
import { backends, intentOf, planOf } from '../shop.ts'

const saved = `*filter
:FORWARD DROP [0:0]
:foreign - [0:0]
-A FORWARD -j foreign
-A foreign -s 192.0.2.9/32 -j DROP
-A foreign -j RETURN
COMMIT
`

const listed = JSON.stringify({
  nftables: [
    { table: { family: 'ip', name: 'mine' } },
    {
      chain: {
        family: 'ip',
        table: 'mine',
        name: 'a',
        type: 'filter',
        hook: 'forward',
        prio: 0,
        policy: 'drop',
      },
    },
    { rule: { family: 'ip', table: 'mine', chain: 'a', expr: [{ drop: null }] } },
  ],
})

/** The same value. It counts how often code of this file or folder reads one of its properties. */
const counted = <T extends object>(
  value: T,
  property: keyof T,
  counts: Map<object, number>,
  place = '/lower/',
): T => {
  const copy = { ...value }
  counts.set(copy, 0)
  Object.defineProperty(copy, property, {
    enumerable: true,
    get: () => {
      const [, , caller = ''] = new Error('read').stack?.split('\n') ?? []
      if (caller.includes(place)) counts.set(copy, (counts.get(copy) ?? 0) + 1)
      return value[property]
    },
  })
  return copy
}

const hostOf = (counts: Map<object, number>): HostRules => {
  const ofIptables = iptables.parse(saved, 'saved', 'ip')
  const ofNftables = nftables.parse(listed, 'listed')
  const counting: iptables.Ruleset = {
    ...ofIptables,
    tables: ofIptables.tables.map((table) => ({
      ...table,
      chains: table.chains.map((chain) => ({
        ...chain,
        rules: chain.rules.map((rule) => counted(rule, 'matches', counts)),
      })),
    })),
  }
  return {
    ...noRules,
    'iptables-nft': counting,
    nftables: {
      ...ofNftables,
      tables: ofNftables.tables.map((table) => ({
        ...table,
        chains: table.chains.map((chain) => ({
          ...chain,
          rules: chain.rules.map((rule) => counted(rule, 'handle', counts)),
        })),
      })),
    },
  }
}

describe('a plan works on what it reads of a host once', () => {
  test.each(backends)('of %s: it lowers each rule of others once', (backend) => {
    const counts = new Map<object, number>()
    const rules = hostOf(counts)
    const { conflicts } = planOf({ backend, rules })
    expect(conflicts.map(({ kind }) => kind)).toContain('ForwardDropped')
    expect([...counts.values()]).toEqual(Array.from({ length: counts.size }, () => 1))
    expect(counts.size).toBe(4)
  })
})

test.each(backends)('a plan of %s asks no program the same twice', async (backend) => {
  const asked: string[] = []
  const runner: Runner = {
    async run(program, args) {
      asked.push([program, ...args].join(' '))
      const stdout = args.includes('-j') ? listed : program.startsWith('iptables') ? saved : ''
      return { exitCode: 0, stdout, stderr: '' }
    },
  }
  await plan(intentOf(), { facts: {}, backend, runner, leases: null })
  expect(asked.length).toBeGreaterThan(1)
  expect(asked.filter((one, at) => asked.indexOf(one) !== at)).toEqual([])
})

test('a plan checks its intent once', () => {
  const counts = new Map<object, number>()
  const intent = counted(intentOf(), 'endpoints', counts, 'check-intent')
  planOf({ intent })
  expect([...counts.values()]).toEqual([1])
})
