import { expect, test } from '@jest/globals'
import type { Conflict } from '@portolan/core'
import { comparePlans, printDifference } from '../../src/plan/plan-difference.ts'
import { forwards, intentOf, planOf } from '../shop.ts'

const text = (port: string) =>
  `services: {nginx: {ports: ["${port}:80"], networks: [web]}}\nnetworks: {web: {}}`

test('two plans that say the same do not differ', () => {
  expect(comparePlans(planOf(), planOf())).toBeNull()
})

test('what the later one does, and does no longer, is the difference', () => {
  const difference = comparePlans(planOf(), planOf({ intent: intentOf(text('8081')) }))
  if (difference === null) throw new Error('they differ')
  expect(difference.conflicts).toEqual([])
  const printed = printDifference(difference)
  expect(printed).toMatch(/^The plan has changed\n\nChanges that are new\n/)
  const [added = '', dropped = ''] = printed.split('Changes that are not made any more')
  expect(added).toContain('8081')
  expect(added).not.toContain('8080')
  expect(dropped).toContain('8080')
})

test('a conflict is new when it was not there, or was less of one', () => {
  const taken = {
    ...forwards,
    sockets: [{ protocol: 'tcp', address: '0.0.0.0', port: 8080, process: 'nginx' } as const],
  }
  const difference = comparePlans(planOf(), planOf({ facts: taken }))
  expect(difference?.conflicts).toMatchObject([{ kind: 'HostPortTaken', severity: 'error' }])
  expect(printDifference(difference ?? { added: [], dropped: [], conflicts: [], addresses: [] })).toMatch(
    /Conflicts that are new\n {2}error HostPortTaken/,
  )
  const later = planOf({ facts: taken })
  const mild = later.conflicts.map((conflict) => ({ ...conflict, severity: 'warning' as const }))
  expect(comparePlans({ ...later, conflicts: mild }, later)?.conflicts).toEqual(later.conflicts)
  expect(comparePlans(later, planOf())?.conflicts ?? []).toEqual([])
})

test('an address that another endpoint got is shown, though no rule names it', () => {
  const later = planOf({
    facts: { ...forwards, routes: [{ destination: '172.17.0.0/16', interface: 'vpn' }] },
  })
  const difference = comparePlans(planOf(), later)
  expect(difference?.addresses).toMatchObject([{ service: 'nginx', network: 'web', address: '10.0.0.1' }])
  if (difference !== null) expect(printDifference(difference)).toContain('  nginx on web: 10.0.0.1')
})

test('a conflict of IPv6 is new beside one of IPv4 in the same words', () => {
  const later = planOf()
  const message = 'Network web cannot reach the outside.'
  const ofFamily = (family: 'ip' | 'ip6', source: string, destination: string): Conflict => ({
    ...{ kind: 'EgressDropped', severity: 'error', certainty: 'certain', message },
    ...{ mapping: null, network: 'web', published: null, culprit: null, trace: [] },
    witness: { family, in: 'br-web', source, destination, protocol: 'tcp' },
    remedy: { text: 'Accept them.', commands: [] },
  })
  const ip = ofFamily('ip', '172.17.0.1', '198.51.100.7')
  const ip6 = ofFamily('ip6', 'fd00::2', '2001:db8::7')
  expect(comparePlans({ ...later, conflicts: [ip] }, { ...later, conflicts: [ip, ip6] })?.conflicts).toEqual([
    ip6,
  ])
})
