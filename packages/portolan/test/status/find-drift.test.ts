import { describe, expect, test } from '@jest/globals'
import type { DesiredMapping, DesiredState, PublishedPort } from '@portolan/core'
import type { HostFacts } from '@portolan/netfilter'
import { type Backend, backends } from '../../src/backend/backend.ts'
import { dialects } from '../../src/backend/dialects.ts'
import { type HostRules, noRules } from '../../src/host-rules/host-rules.ts'
import { hostNetworks } from '../../src/live/networks/host-networks.ts'
import { type Drift, findDrift, type PlacedWish } from '../../src/status/find-drift.ts'
import { mappingLines } from '../../src/status/mapping-lines.ts'
import { networkLines } from '../../src/status/network-lines.ts'
import { settledWishes } from '../../src/status/settled-wishes.ts'

const port = (hostPort: number, more: Partial<DesiredMapping> = {}): DesiredMapping => ({
  label: `0.0.0.0:${hostPort}/tcp -> nginx:80`,
  family: 'ip',
  protocol: 'tcp',
  kind: 'nat',
  hostAddress: null,
  hostPort,
  interface: null,
  allowFrom: null,
  targets: [{ service: 'nginx', replica: 1, network: 'web', address: '172.17.0.1', port: 80, weight: 1 }],
  ...more,
})

const shopWith = (...mappings: readonly DesiredMapping[]): DesiredState => ({
  project: 'shop',
  networks: [
    {
      ...{ name: 'web', bridge: 'br-web', external: false, internal: false, icc: true, mtu: null },
      ip: { subnet: '172.17.0.0/16', gateway: '172.17.42.1', mode: 'nat', masquerade: true },
      ip6: null,
    },
  ],
  endpoints: [],
  mappings,
  guardForwarding: false,
})

const facts: HostFacts = {
  interfaces: [
    { name: 'eth0', addresses: ['192.0.2.2/24'], up: true },
    {
      ...{ name: 'br-web', kind: 'bridge', up: true, addresses: ['172.17.42.1/16'] },
      alias: 'portolan project=shop network=web',
    },
  ],
  routes: [{ destination: 'default', gateway: '192.0.2.1', interface: 'eth0' }],
}

const rulesWith = <One extends Backend>(backend: One, state: DesiredState): HostRules => {
  const dialect = dialects[backend]
  const wanted = dialect.adopt(dialect.empty, state, state.project, { leaving: ['eth0'] })
  return { ...noRules, [backend]: dialect.applyTo(dialect.empty, dialect.diff(dialect.empty, wanted)) }
}

const publishedIn = <One extends Backend>(backend: One, rules: HostRules): readonly PublishedPort[] => {
  const byBackend: Pick<HostRules, Backend> = rules
  return dialects[backend].published(byBackend[backend])
}

const wish = (backend: Backend, desired: DesiredState): PlacedWish => ({
  ...{ project: 'shop', backend, desired, mappings: desired.mappings },
})

const driftIn = (backend: Backend, rules: HostRules, wishes: readonly PlacedWish[]): Drift =>
  findDrift(
    facts,
    rules,
    hostNetworks(facts).map((one) => ({ ...one, backend })),
    wishes,
    true,
  )

const linesOf = (backend: Backend, rules: HostRules, wishes: readonly PlacedWish[]): readonly string[] =>
  mappingLines({
    inForce: publishedIn(backend, rules).map((one) => ({ backend, port: one })),
    wishes,
    networks: hostNetworks(facts),
    drift: driftIn(backend, rules, wishes),
    isRead: () => true,
  }).map(({ hostPort, drift }) => `${hostPort} ${drift}`)

describe.each(backends)('drift in %s', (backend) => {
  const state = shopWith(port(8080), port(9000))

  test('there is none where all is as it is wanted, nor where only bridges tell what is needed', () => {
    const rules = rulesWith(backend, state)
    expect(driftIn(backend, rules, [wish(backend, state)]).rules[backend]).toEqual([])
    expect(linesOf(backend, rules, [wish(backend, state)])).toEqual(['8080 none', '9000 none'])
    expect(driftIn(backend, rules, [])).toMatchObject({ rules: { [backend]: [] }, host: [], lost: [] })
    expect(linesOf(backend, rules, [])).toEqual(['8080 unknown', '9000 unknown'])
  })

  test('a mapping is missing, changed or unwanted', () => {
    const other = { ...port(9000).targets[0], address: '172.17.0.2' }
    const wanted = shopWith(port(8081), port(9000, { targets: [other] }), port(7000))
    const rules = rulesWith(backend, shopWith(port(8080), port(9000), port(7000)))
    expect(linesOf(backend, rules, [wish(backend, wanted)])).toEqual([
      '7000 none',
      '8080 unwanted',
      '8081 missing',
      '9000 changed',
    ])
  })

  test('a mapping whose restriction is gone is changed, though it leads where it should', () => {
    const wanted = shopWith(port(8080), port(9000, { allowFrom: ['198.51.100.0/24'] }))
    // In nftables the chain for all packets to mappings lacks its lookup of restrictions.
    expect(linesOf(backend, rulesWith(backend, state), [wish(backend, wanted)])).toEqual([
      backend === 'nftables' ? '8080 way' : '8080 none',
      '9000 changed',
    ])
  })

  test('a network whose rules are gone is told from its bridge alone', () => {
    const { rules } = driftIn(backend, noRules, [])
    expect(rules[backend].length).toBeGreaterThan(0)
    expect(rules[backend].every(({ action }) => action === 'add')).toBe(true)
  })

  test('what a live host is just publishing, changing or taking back is not drift', () => {
    const other = { ...port(9000).targets[0], address: '172.17.0.2' }
    const before = shopWith(port(8080), port(9000), port(7000))
    const now = shopWith(port(8081), port(9000, { targets: [other] }), port(7000))
    // Stored, and not active yet.
    const rules = rulesWith(backend, before)
    const wishes = (earlier: DesiredState, later: DesiredState): readonly PlacedWish[] =>
      settledWishes([wish(backend, earlier)], [wish(backend, later)], publishedIn(backend, rules)).map(
        (one) => ({ ...one, backend }),
      )
    expect(driftIn(backend, rules, wishes(before, now)).rules[backend]).toEqual([])
    expect(linesOf(backend, rules, wishes(before, now))).toEqual(['7000 none', '8080 none', '9000 none'])
    // Wanted in both readings: so these ports are missing, and not just new.
    expect(linesOf(backend, rules, wishes(now, now))).toEqual(linesOf(backend, rules, [wish(backend, now)]))
  })

  test('what is wanted of a project for the first time is still to come', () => {
    const [coming] = settledWishes([], [wish(backend, shopWith(port(8080)))], [])
    expect(coming).toMatchObject({ mappings: [], desired: { mappings: [] } })
  })

  test('of rules that could not be read nothing is missing', () => {
    const unread: HostRules = { ...noRules, incomplete: [backend] }
    expect(driftIn(backend, unread, [wish(backend, state)]).rules[backend]).toEqual([])
  })
})

test('a bridge that is gone is drift of the project that wants it', () => {
  const state = shopWith(port(8080))
  const { host } = findDrift({ interfaces: [] }, noRules, [], [wish('nftables', state)], true)
  expect(host.map(({ project, part }) => `${project} ${part}`)).toContain('shop link')
})

test.each<[string, readonly string[], string]>([
  ['has the gateways that are wanted is as wanted', ['172.17.42.1/16', 'fd00:7::1/64'], 'none'],
  ['lost the gateway of IPv4 is another one', ['fd00:7::1/64'], 'changed'],
  ['lost the gateway of IPv6 is another one', ['172.17.42.1/16'], 'changed'],
  ['has another address too is another one', ['172.17.42.1/16', 'fd00:7::1/64', '10.5.0.1/24'], 'changed'],
])('a bridge that %s', (_, addresses, drift) => {
  const [web] = shopWith().networks
  if (web === undefined) throw new Error('there is one')
  const desired: DesiredState = {
    ...shopWith(port(8080)),
    networks: [
      { ...web, ip6: { subnet: 'fd00:7::/64', gateway: 'fd00:7::1', mode: 'nat', masquerade: true } },
    ],
  }
  const seen: HostFacts = {
    ...facts,
    interfaces: (facts.interfaces ?? []).map((link) =>
      link.name === 'br-web' ? { ...link, addresses } : link,
    ),
  }
  const networks = hostNetworks(seen)
  const wishes = [wish('nftables', desired)]
  const placed = networks.map((one) => ({ ...one, backend: 'nftables' as const }))
  const found = findDrift(seen, rulesWith('nftables', desired), placed, wishes, true)
  expect(networkLines(seen, networks, wishes, () => 'nftables', found)).toMatchObject([
    { name: 'web', drift },
  ])
})
