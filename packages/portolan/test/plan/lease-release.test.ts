import { expect, test } from '@jest/globals'
import { acquireAddress, commitLeases, emptyLeases, type LeaseState } from '@portolan/core'
import { fromJson } from '../../../../test/from-json.ts'
import { printChanges } from '../../src/plan/print/print-changes.ts'
import { after, intentOf, planOf } from '../shop.ts'

const two = 'services: {a: {networks: [web]}, b: {networks: [web], ports: ["80"]}}\nnetworks: {web: {}}'
const one = 'services: {a: {networks: [web]}}\nnetworks: {web: {}}'

const applied = (text: string, leases: LeaseState) => {
  const plan = planOf({ intent: intentOf(text), leases })
  if (plan.leases === null) throw new Error('a plan with a store has leases')
  return { plan, leases: commitLeases(leases, plan.leases).state }
}

test('what a plan gives up is a change: counted, printed, in JSON', () => {
  const first = applied(two, emptyLeases)
  const { plan } = applied(one, first.leases)
  const releases = plan.changes.filter(({ part }) => part === 'lease')
  expect(releases.map(({ object }) => object).sort()).toEqual([
    'lease of address 172.17.0.2',
    'lease of host port 32768/tcp',
  ])
  expect(plan.changes.slice(0, 2)).toEqual(releases)
  expect(printChanges(releases).join('\n')).toMatch(
    / {2}leases\n {4}- address 172\.17\.0\.2 of b on network web\n {4}- host port 32768\/tcp of b, port 80/,
  )
  expect(plan.summary.remove).toBeGreaterThanOrEqual(2)
  expect(fromJson<{ readonly changes: unknown }>(JSON.stringify(plan)).changes).toEqual(
    expect.arrayContaining([
      {
        action: 'remove',
        object: 'lease of address 172.17.0.2',
        description: expect.stringMatching(/^Give up address 172\.17\.0\.2 of b on network web: /),
        before: 'address 172.17.0.2 of b on network web',
        after: null,
        reverse: expect.stringMatching(/^# /),
        part: 'lease',
      },
    ]),
  )
})

test('a plan with nothing else to do has that to do, and then nothing', () => {
  const text = one.replace('{networks: [web]}', '{networks: [web]}, b: {networks: [web]}')
  const first = applied(text, emptyLeases)
  const second = planOf({ ...after(first.plan), intent: intentOf(one), leases: first.leases })
  expect(second.changes.map(({ part }) => part)).toEqual(['lease'])
  expect(String(second)).not.toContain('Nothing to do.')
  if (second.leases === null) throw new Error('a plan with a store has leases')
  const { state } = commitLeases(first.leases, second.leases)
  expect(planOf({ ...after(first.plan), intent: intentOf(one), leases: state }).changes).toEqual([])
})

test('what an orchestrator took with the name of the project is none of it', () => {
  const first = applied(one, emptyLeases)
  const { state } = acquireAddress(first.leases, {
    on: { project: 'shop', network: 'web' },
    holder: { project: 'shop', service: 'task', replica: 1 },
    subnet: '172.17.0.0/16',
    gateway: '172.17.42.1',
    ipRange: null,
    address: null,
    mac: null,
  })
  const second = planOf({ ...after(first.plan), intent: intentOf(one), leases: state })
  expect(second.changes).toEqual([])
  expect(second.leases?.changes).toEqual([])
})
