import { describe, expect, test } from '@jest/globals'
import { emptyLeases } from '@portolan/core'
import { PortolanError } from '@portolan/netfilter'
import { fromJson } from '../../../../test/from-json.ts'
import { planFromJson } from '../../src/stored/plan-from-json.ts'
import { after, backends, intentOf, planOf } from '../shop.ts'

// biome-ignore lint/suspicious/noExplicitAny: the tests damage it wherever they like.
type Json = any

const damaged = (damage: (json: Json) => void, plan = planOf({ leases: emptyLeases })): unknown => {
  const json = fromJson<Json>(JSON.stringify(plan))
  damage(json)
  try {
    planFromJson(JSON.stringify(json))
  } catch (error) {
    if (error instanceof PortolanError) return `${error.code} ${error.message}`
    throw error
  }
  return 'no error'
}

describe('a plan read from JSON', () => {
  test.each(backends)('has the changes and the words it had, with %s', (backend) => {
    const first = planOf({ backend })
    const second = planOf({
      ...after(first),
      backend,
      intent: intentOf('services: {nginx: {ports: ["8081:81"]}}'),
    })
    for (const plan of [first, second]) {
      const restored = planFromJson(JSON.stringify(plan))
      expect(restored.changes.map((change) => ({ ...change }))).toEqual(
        plan.changes.map((change) => ({ ...change })),
      )
      expect(String(restored)).toBe(String(plan))
    }
  })

  test('has the networks on interfaces, their endpoints and their VLANs', () => {
    const intent = intentOf(
      '{services: {web: {networks: [lan]}}, networks: {lan: {driver: macvlan, driver_opts: {parent: eth0.7}}}}',
    )
    const plan = planOf({
      intent,
      leases: emptyLeases,
      facts: { interfaces: [{ name: 'eth0', kind: 'ether', up: true }] },
    })
    const restored = planFromJson(JSON.stringify(plan))
    expect(restored.desired.parented).toEqual(plan.desired.parented)
    expect(restored.addresses).toEqual([expect.objectContaining({ service: 'web', network: 'lan' })])
    expect(restored.changes.map(({ operation }) => operation)).toContainEqual(
      expect.objectContaining({ kind: 'create-vlan', name: 'eth0.7' }),
    )
    expect(String(restored)).toBe(String(plan))
    const damage = (json: Json): void => Object.assign(json.parented[0].driver, { mode: 'l2' })
    expect(damaged(damage, plan)).toMatch(/^PARSE .*parented\[0\]/)
  })

  test.each<[place: string, damage: (json: Json) => void]>([
    ['changes[0].part: expected one of', (json) => Object.assign(json.changes[0], { part: 'nothing' })],
    [
      'mappings[0].hostPort: expected a whole number',
      (json) => Object.assign(json.mappings[0], { hostPort: '80' }),
    ],
    ['mappings[0].targets: expected one target', (json) => Object.assign(json.mappings[0], { targets: [] })],
    [
      'networks[0].ip.subnet: expected a prefix',
      (json) => Object.assign(json.networks[0].ip, { subnet: 'x' }),
    ],
    [
      'stored.endpoints[0].ip: expected an IP address',
      (json) => Object.assign(json.stored.endpoints[0], { ip: 7 }),
    ],
    ['stored.facts.sysctls', (json) => Object.assign(json.stored.facts, { sysctls: [] })],
    ['stored.rules.nftables:1:1', (json) => Object.assign(json.stored.rules, { nftables: '' })],
    [
      'stored.leases.changes[0].after: expected a lease',
      (json) => Object.assign(json.stored.leases.changes[0], { after: {} }),
    ],
    ['stored.version: this Portolan reads version 1', (json) => Object.assign(json.stored, { version: 2 })],
    ['stored: expected', (json) => delete json.stored],
    ['backend: expected one of', (json) => Object.assign(json, { backend: 'pf' })],
  ])('that is damaged is refused with the place: %s', (place, damage) => {
    expect(damaged(damage)).toContain(place)
  })

  test('that is no JSON is refused with line and column', () => {
    expect(() => planFromJson('{\n  "project": }')).toThrow('plan:2:14: expected a plan')
  })

  test('does what it shows: an edited change is refused', () => {
    expect(damaged((json) => json.changes.pop())).toMatch(/^STALE_STATE changes: .* does not follow/)
    expect(damaged((json) => Object.assign(json.mappings[0], { hostPort: 22 }))).toMatch(
      /^STALE_STATE changes\[\d+\]: .* does not follow/,
    )
    expect(damaged((json) => Object.assign(json.changes[0], { description: 'Nothing.' }))).toMatch(
      /^STALE_STATE changes\[0\]: "Nothing\."/,
    )
  })

  test('runs no command that Portolan does not write', () => {
    const bridge = 'br-web'
    const fix = {
      project: 'shop',
      name: 'ufw',
      beneficiaries: ['network web'],
      needs: [{ of: 'network' as const, bridge, address: null, protocol: null, port: null }],
      commands: [['ufw', 'route', 'allow', 'in', 'on', 'eth0', 'to', 'any']],
      undo: [['ufw', 'route', 'delete', 'allow', 'in', 'on', 'eth0', 'to', 'any']],
    }
    const plan = planOf({ fixes: [fix] })
    expect(plan.changes.map(({ part }) => part)).toContain('fix')
    expect(planFromJson(JSON.stringify(plan)).changes).toHaveLength(plan.changes.length)
    const at = plan.changes.findIndex(({ part }) => part === 'fix')
    const evil = (json: Json): void => Object.assign(json.stored.operations[at].fix, { undo: [['reboot']] })
    expect(damaged(evil, plan)).toContain(`stored.operations.${at}: Portolan does not write this command`)
    const asking = (json: Json): void => Object.assign(json.stored.operations[at], { kind: 'ask' })
    expect(damaged(asking, plan)).toContain(`stored.operations.${at}.known: expected true or false`)
    const odd = (json: Json): void => Object.assign(json.stored.operations[at], { kind: 'beg' })
    expect(damaged(odd, plan)).toContain(`stored.operations.${at}.kind: expected one of ask, take-back`)
  })
})
