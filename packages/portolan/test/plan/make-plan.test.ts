import { describe, expect, test } from '@jest/globals'
import { PoolExhaustedError, parsePool } from '@portolan/core'
import * as nftables from '@portolan/nftables'
import type { Plan } from '../../src/plan/plan.ts'
import { after, backends, bridge, forwards, intentOf, planOf } from '../shop.ts'

/** Consecutive changes of one part and action, as one line: `nftables add`, `link remove`. */
const runs = ({ changes }: Plan): readonly string[] =>
  changes.map(({ part, action }) => `${part} ${action}`).filter((run, index, all) => run !== all[index - 1])

const two = intentOf(
  'services: {nginx: {ports: ["8080:80"], networks: [web, db]}, api: {networks: [db]}}\nnetworks: {web: {}, db: {}}',
)

describe('a plan for a bare host', () => {
  test('has subnets, addresses and a mapping', () => {
    const plan = planOf({ intent: two })
    expect(plan.subnets.map(({ network, subnet }) => `${network} ${subnet}`)).toEqual([
      'web 172.17.0.0/16',
      'db 10.0.0.0/16',
    ])
    expect(plan.addresses).toEqual([
      { service: 'nginx', replica: 1, network: 'web', address: '172.17.0.1', mac: '02:42:ac:11:00:01' },
      { service: 'nginx', replica: 1, network: 'db', address: '10.0.0.1', mac: '02:42:0a:00:00:01' },
      { service: 'api', replica: 1, network: 'db', address: '10.0.0.2', mac: '02:42:0a:00:00:02' },
    ])
    expect(plan.desired.mappings.map(({ label }) => label)).toEqual(['0.0.0.0:8080/tcp -> nginx:80'])
  })

  test.each(backends)('of %s writes rules first, then bridges, and switches sysctls last', (backend) => {
    const plan = planOf({ backend, facts: {} })
    expect(runs(plan)).toEqual([`${backend} add`, 'link add', 'sysctl change'])
    expect(plan.backend).toBe(backend)
  })

  test('sums up its changes', () => {
    const plan = planOf({ facts: {} })
    const { add, change, remove } = plan.summary
    expect(add + change + remove).toBe(plan.changes.length)
    expect({ change, remove }).toEqual({ change: 3, remove: 0 })
  })

  test('gives every change a sentence, an object and a way back', () => {
    for (const backend of backends)
      for (const { description, object, reverse, before, after: later } of planOf({ backend, facts: {} })
        .changes) {
        expect(description).toMatch(/^[A-Z].*\.$/)
        expect(object).not.toBe('')
        expect(reverse).not.toBe('')
        expect(before === null && later === null).toBe(false)
      }
  })

  test('takes subnets from the pools and around the ranges that the caller names', () => {
    const pools = [parsePool('10.9.0.0/16:24')]
    const subnet = (wish: Parameters<typeof planOf>[0]) => planOf({ pools, ...wish }).subnets[0]?.subnet
    expect(subnet({})).toBe('10.9.0.0/24')
    expect(subnet({ reserve: [{ range: '10.9.0.0/24', from: null }] })).toBe('10.9.1.0/24')
    const facts = { routes: [{ destination: '10.9.0.0/23', interface: 'wg0' }] }
    expect(subnet({ facts })).toBe('10.9.2.0/24')
    expect(subnet({ facts, allow: ['10.9.0.0/16'] })).toBe('10.9.0.0/24')
    expect(() => subnet({ reserve: [{ range: '10.9.0.0/16', from: null }] })).toThrow(PoolExhaustedError)
  })

  test.each(backends)('of %s has a guard only when asked for', (backend) => {
    const guards = (guardForwarding: boolean): boolean =>
      planOf({ backend, guardForwarding }).changes.some(
        ({ after: text }) =>
          text?.includes('guard') === true && /forward|FORWARD/.test(text) && /shop\/guard/.test(text),
      )
    expect([guards(false), guards(true)]).toEqual([false, true])
  })

  test('may leave sysctls alone: what is off is then a conflict', () => {
    const plan = planOf({ facts: { sysctls: { 'net.ipv4.ip_forward': '0' } }, sysctls: false })
    expect(runs(plan)).toEqual(['nftables add', 'link add'])
    expect(plan.conflicts.map(({ kind }) => kind)).toEqual(['ForwardingDisabled', 'RouteLocalnetDisabled'])
  })
})

describe('a plan after apply', () => {
  test.each(backends)('of %s finds nothing to do', (backend) => {
    const next = planOf({ backend, ...after(planOf({ backend, intent: two })), intent: two })
    expect(next.changes).toEqual([])
    expect(next.summary).toEqual({ add: 0, change: 0, remove: 0 })
    expect(next.conflicts).toEqual([])
    expect(next.withdrawn).toEqual([])
    expect(next.subnets.map(({ origin }) => origin)).toEqual(['held', 'held'])
  })

  test.each(backends)('of %s keeps the port that a mapping without one was given', (backend) => {
    const intent = intentOf('services: {nginx: {ports: ["80"]}}')
    const first = planOf({ backend, intent })
    expect(first.desired.mappings[0]?.hostPort).toBe(32768)
    expect(planOf({ backend, intent, ...after(first) }).changes).toEqual([])
  })

  test.each(backends)('of %s removes the bridge of a network that is gone before its rules', (backend) => {
    const next = planOf({ backend, ...after(planOf({ backend, intent: two })), intent: intentOf() })
    const [first, ...rest] = runs(next)
    expect(first).toBe('link remove')
    // The port moves to the network that is left, and the sysctl is for that network.
    expect(rest.at(-1)).toBe('sysctl change')
    expect(rest.slice(0, -1).every((run) => run.startsWith(backend))).toBe(true)
    expect(rest.length).toBeGreaterThan(1)
  })

  test('in another backend writes the new rules before it takes the old ones away', () => {
    const next = planOf({ ...after(planOf({ backend: 'nftables' })), backend: 'iptables-nft' })
    expect(runs(next)).toEqual(['iptables-nft add', 'nftables remove'])
    const back = planOf({ ...after(planOf({ backend: 'iptables-legacy' })), backend: 'nftables' })
    expect(runs(back)).toEqual(['nftables add', 'iptables-legacy remove'])
  })

  test('in another backend withdraws nothing', () => {
    const next = planOf({ ...after(planOf({ backend: 'nftables' })), backend: 'iptables-nft' })
    expect(next.withdrawn).toEqual([])
  })
})

describe('ports that are withdrawn', () => {
  const withdrawn = (text: string): readonly string[] =>
    planOf({ ...after(planOf()), intent: intentOf(text) }).withdrawn.map(
      ({ label, targets }) =>
        `${label} at ${targets.map(({ address, port }) => `${address}:${port}`).join()}`,
    )

  test.each<[string, string, readonly string[]]>([
    [
      'are those that are no longer published',
      'services: {nginx: {networks: [web]}}\nnetworks: {web: {}}',
      ['0.0.0.0:8080/tcp -> nginx:80 at 172.17.0.1:80'],
    ],
    [
      'are those that lead to another port',
      'services: {nginx: {ports: ["8080:81"], networks: [web]}}\nnetworks: {web: {}}',
      ['0.0.0.0:8080/tcp -> nginx:80 at 172.17.0.1:80'],
    ],
    [
      'are those that lead to another address',
      'services: {first: {networks: [web]}, nginx: {ports: ["8080:80"], networks: [web]}}\nnetworks: {web: {}}',
      ['0.0.0.0:8080/tcp -> nginx:80 at 172.17.0.1:80'],
    ],
    [
      'are those that are bound to one address from now on',
      'services: {nginx: {ports: ["127.0.0.1:8080:80"], networks: [web]}}\nnetworks: {web: {}}',
      ['0.0.0.0:8080/tcp -> nginx:80 at 172.17.0.1:80'],
    ],
    [
      'are not those that stay, whatever comes beside them',
      'services: {nginx: {ports: ["8080:80", "8081:80"], networks: [web]}}\nnetworks: {web: {}}',
      [],
    ],
  ])('%s', (_, text, expected) => {
    expect(withdrawn(text)).toEqual(expected)
  })
})

describe('two projects on one host', () => {
  const blog = intentOf(
    'services: {ghost: {ports: ["8080:2368"], networks: [web]}}\nnetworks: {web: {}}',
    'blog',
  )

  test.each(backends)('of %s: the second does not take a port of the first', (backend) => {
    const plan = planOf({ backend, ...after(planOf({ backend })), intent: blog })
    expect(plan.conflicts).toMatchObject([
      { kind: 'DuplicateHostPort', severity: 'error', culprit: { owner: 'shop' } },
    ])
    expect(plan.desired.mappings).toEqual([])
    expect(plan.subnets[0]?.subnet).not.toBe('172.17.0.0/16')
  })

  test('even when they are of different backends', () => {
    const plan = planOf({ ...after(planOf({ backend: 'iptables-nft' })), intent: blog })
    expect(plan.conflicts.map(({ kind }) => kind)).toEqual(['DuplicateHostPort'])
    expect(plan.changes.every(({ part }) => part !== 'iptables-nft')).toBe(true)
  })

  test.each(backends)('of %s: each leaves the rules and bridge of the other alone', (backend) => {
    const other = intentOf('services: {ghost: {ports: ["9090:2368"]}}', 'blog')
    const both = after(planOf({ backend, ...after(planOf({ backend })), intent: other }))
    expect(planOf({ backend, ...both }).changes).toEqual([])
    expect(planOf({ backend, ...both, intent: other }).changes).toEqual([])
  })
})

describe('conflicts and notes of a plan', () => {
  test('have errors first', () => {
    const plan = planOf({
      intent: intentOf('services: {nginx: {ports: ["8080:80", "192.0.2.2:8080:80", "9090:80"]}}'),
      facts: {
        sysctls: { 'net.ipv4.ip_forward': '0' },
        sockets: [{ protocol: 'tcp', address: '0.0.0.0', port: 9090 }],
      },
    })
    expect(plan.conflicts.map(({ severity, kind }) => `${severity} ${kind}`)).toEqual([
      'error HostPortTaken',
      'warning OverlappingHostPort',
      'info HostBecomesRouter',
    ])
  })

  test('say what icc off cannot hold', () => {
    const intent = intentOf(
      'services: {nginx: {networks: [web]}}\nnetworks: {web: {driver_opts: {com.docker.network.bridge.enable_icc: "false"}}}',
    )
    const facts = { ...forwards, interfaces: [{ name: 'veth1', master: bridge }] }
    expect(planOf({ intent, facts }).conflicts.map(({ kind }) => kind)).toContain('IccUnenforceable')
  })

  test('say what could not be read, of the host and of its rules', () => {
    const plan = planOf({
      facts: { ...forwards, unread: ['The sockets could not be listed.'] },
      rules: { ...planOf().observed.rules, unread: ['The nftables rules could not be read.'] },
    })
    expect(plan.notes.map(({ text }) => text)).toEqual([
      'The sockets could not be listed.',
      'The nftables rules could not be read.',
    ])
  })

  test('say which projects have rules here and no network, as nothing else shows them', () => {
    const { rules, facts } = planOf().observed
    const compiled = nftables.compile({
      project: 'ghost',
      networks: [],
      endpoints: [],
      guardForwarding: false,
      mappings: [
        {
          label: '0.0.0.0:9999/tcp -> 172.17.0.9:80',
          family: 'ip',
          protocol: 'tcp',
          kind: 'nat',
          hostAddress: null,
          hostPort: 9999,
          interface: null,
          allowFrom: null,
          targets: [{ service: '', replica: 1, network: '', address: '172.17.0.9', port: 80, weight: 1 }],
        },
      ],
    })
    const plan = planOf({ facts, rules: { ...rules, nftables: compiled } })
    expect(plan.notes.map(({ text }) => text)).toEqual([expect.stringContaining('Project ghost has rules')])
    expect(plan.notes[0]?.text).toContain('portolan destroy -p ghost')
  })
})
