import { describe, expect, test } from '@jest/globals'
import type { Backend } from '../../src/backend/backend.ts'
import { dialects } from '../../src/backend/dialects.ts'
import type { HostRules } from '../../src/host-rules/host-rules.ts'
import { hostNetworks } from '../../src/live/networks/host-networks.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { conflictsNow } from '../../src/status/conflicts-now.ts'
import { allRuleChanges, findDrift } from '../../src/status/find-drift.ts'
import { mappingLines } from '../../src/status/mapping-lines.ts'
import { after, backends, forwards, intentOf, planOf } from '../shop.ts'

const projects: readonly (readonly [name: string, text: string])[] = [
  [
    'a plain port',
    'services: {nginx: {ports: ["8080:80"], networks: [web]}}\nnetworks: {web: {enable_ipv6: true}}',
  ],
  [
    'ports bound and restricted',
    `services:
  nginx:
    networks: [web]
    ports:
      - "127.0.0.1:8080:80"
      - {target: 80, published: 8081, x-portolan: {allow_from: [198.51.100.0/24, 203.0.113.0/25]}}
      - {target: 80, published: 8082, x-portolan: {interface: eth0}}
      - {target: 81, published: 8083, protocol: udp, x-portolan: {allow_from: []}}
networks: {web: {}}`,
  ],
  [
    'networks of other kinds',
    `services:
  a: {networks: [routed], ports: ["80"]}
  b: {networks: [inner]}
  c: {networks: [apart]}
  d: {networks: [quiet], ports: ["9000-9003:80"]}
networks:
  routed: {driver_opts: {com.docker.network.bridge.gateway_mode_ipv4: routed}}
  inner: {internal: true}
  apart: {internal: true, driver_opts: {com.docker.network.bridge.gateway_mode_ipv4: isolated}}
  quiet: {driver_opts: {com.docker.network.bridge.enable_icc: "false", com.docker.network.bridge.enable_ip_masquerade: "false"}}`,
  ],
  [
    'a port that containers share',
    `services:
  a: {networks: [web], ports: [{target: 80, published: 8080, x-portolan: {weight: 2}}]}
  b: {networks: [web], ports: [{target: 80, published: 8080, x-portolan: {weight: 1}}]}
networks: {web: {}}`,
  ],
]

const facts = {
  ...forwards,
  interfaces: [{ name: 'eth0', up: true, addresses: ['192.0.2.2/24', '2001:db8::2/64'] }],
  routes: [
    { destination: 'default', gateway: '192.0.2.1', interface: 'eth0' },
    { destination: '::/0', gateway: '2001:db8::1', interface: 'eth0' },
  ],
}

const published = <One extends Backend>(backend: One, rules: HostRules) =>
  dialects[backend].published((rules as Pick<HostRules, Backend>)[backend])

/** The status of a host after a plan was applied. */
const statusAfter = (applied: Plan, isKnown: boolean) => {
  const { facts: now, rules } = after(applied)
  const { backend, desired, project } = applied
  const networks = hostNetworks(now)
  const wishes = isKnown ? [{ project, backend, desired, mappings: desired.mappings }] : []
  const drift = findDrift(
    now,
    rules,
    networks.map((one) => ({ ...one, backend })),
    wishes,
    true,
  )
  const ports = published(backend, rules)
  const inForce = ports.map((port) => ({ backend, port }))
  const host = {
    facts: now,
    surrounding: rules,
    changes: [],
    hostChanges: drift.host,
    published: ports,
    networks,
    wishes,
  }
  return {
    changes: allRuleChanges(drift).map(({ description }) => description),
    lost: drift.lost,
    drift: new Set(
      mappingLines({ inForce, wishes, networks, drift, isRead: () => true }).map((line) => line.drift),
    ),
    conflicts: conflictsNow(host, [project]).conflicts.map(({ kind, message }) => `${kind}: ${message}`),
  }
}

describe.each(backends)('after an apply with %s', (backend) => {
  test.each(projects)('nothing is missing and nothing stands in the way of %s', (_name, text) => {
    const applied = planOf({ intent: intentOf(text), backend, facts })
    const expected = applied.conflicts
      .map(({ kind, message }) => `${kind}: ${message}`)
      .filter((told) => !told.startsWith('PortInEphemeralRange'))
    expect(statusAfter(applied, true)).toEqual({
      changes: [],
      lost: [],
      drift: applied.desired.mappings.length === 0 ? new Set() : new Set(['none']),
      conflicts: expected,
    })
    expect(statusAfter(applied, false)).toMatchObject({ changes: [], lost: [], conflicts: expected })
  })
})

test('where a port is restricted to some sources, only its file tells whether a foreign rule concerns it', () => {
  const [, [, text]] = projects as readonly [unknown, readonly [string, string]]
  const applied = planOf({ intent: intentOf(text), backend: 'nftables', facts })
  const { facts: now, rules } = after(applied)
  const foreign = dialects['iptables-legacy'].parse(
    '*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -s 192.0.2.128/25 -p tcp -m tcp --dport 8081 -j DROP\nCOMMIT\n',
    'foreign',
    'ip',
  )
  const { project, desired } = applied
  const told = (
    wishes: readonly { project: string; desired: typeof desired; mappings: typeof desired.mappings }[],
  ) =>
    conflictsNow(
      {
        facts: now,
        surrounding: { ...rules, 'iptables-legacy': foreign },
        changes: [],
        hostChanges: [],
        published: published('nftables', rules),
        networks: hostNetworks(now),
        wishes,
      },
      [project],
    )
      .conflicts.filter(({ mapping }) => mapping?.startsWith('0.0.0.0:8081'))
      .map(({ kind, certainty }) => `${certainty} ${kind}`)
  expect(told([])).toEqual(['possible PreroutingDropped'])
  expect(told([{ project, desired, mappings: desired.mappings }])).toEqual([])
})
