import { describe, expect, test } from '@jest/globals'
import { type Conflict, deleteBridge, sysctlChange } from '@portolan/core'
import { emptyState } from '@portolan/host'
import { planRemoval } from '../../../src/destroy/plan-removal.ts'
import type { PlanChange } from '../../../src/plan/plan.ts'
import { printChanges } from '../../../src/plan/print/print-changes.ts'
import { printConflict } from '../../../src/plan/print/print-conflicts.ts'
import { printPlan, printSummary } from '../../../src/plan/print/print-plan.ts'
import { plainLook } from '../../../src/text/look.ts'
import { styleFor } from '../../../src/text/style.ts'
import { alignColumns } from '../../../src/text/text-table.ts'
import { after, bridge, forwards, intentOf, planOf } from '../../shop.ts'

const dual = `
services:
  nginx: {ports: ["8080:80"], networks: [web], deploy: {replicas: 1}}
  api:
    networks: [web, island]
    ports:
      - {target: 81, published: "9090", x-portolan: {allow_from: [198.51.100.0/24]}}
networks:
  web: {enable_ipv6: true, ipam: {config: [{subnet: "10.1.0.0/24"}, {subnet: "fd00:1::/64"}]}}
  island: {internal: true, driver_opts: {com.docker.network.bridge.gateway_mode_ipv4: isolated}}
`

const everything = { ...plainLook, rules: true }

describe('a plan for people', () => {
  test('of nothing to do', () => {
    expect(String(planOf(after(planOf())))).toBe(`Plan for project shop with nftables
Nothing to do.

Networks
  web  172.17.0.0/16  gateway 172.17.42.1  kept: the network has it already

Addresses
  nginx  web  172.17.0.1  02:42:ac:11:00:01

Ports
  0.0.0.0:8080/tcp  -> nginx:80  network web

Changes, in this order
  nothing to do: the host has all of this already`)
  })

  test.each(['nftables', 'iptables-nft'] as const)(
    'whose head counts the changes that the list counts, with %s',
    (backend) => {
      const fresh = planOf({ backend })
      const lines = String(fresh)
        .split('\n')
        .filter((line) => /^ {2}[+~-] /.test(line))
      const counted = lines.map((line) => Number(/ \((\d+) changes?\): /.exec(line)?.[1] ?? 1))
      const { add, change, remove } = fresh.summary
      expect(counted.some((count) => count > 5)).toBe(true)
      expect(counted.reduce((sum, count) => sum + count, 0)).toBe(add + change + remove)
    },
  )

  test('of a bridge that has to be mended', () => {
    const { facts, rules } = after(planOf())
    const interfaces = [
      ...(facts.interfaces ?? []).map((link) => ({ ...link, up: false })),
      { name: 'veth1', master: bridge, hairpin: false },
    ]
    const mended = planOf({ facts: { ...facts, interfaces }, rules })
    expect(String(mended)).toContain('with nftables\nChanges: 0 to add, 2 to change, 0 to remove.\n')
    expect(String(mended)).toContain(`Changes, in this order
  - ${bridge} down
  + ${bridge} up
  - veth1 hairpin off
  + veth1 hairpin on`)
    expect(printPlan(mended, everything)).toContain(`Changes, in this order
  interfaces
    - ${bridge} down
    + ${bridge} up
    - veth1 hairpin off
    + veth1 hairpin on`)
  })

  test('shows subnets of both families and in every mode', () => {
    const text = String(planOf({ intent: intentOf(dual), facts: { nameservers: ['172.17.0.1'] } }))
    expect(text).toContain(
      `Networks
  web     10.1.0.0/24  gateway 10.1.0.1   as asked for
  web     fd00:1::/64  gateway fd00:1::1  as asked for
  island  10.0.0.0/16  no gateway         free in pool classic
      passed over 172.17.0.0/16: nameserver 172.17.0.1
`,
    )
  })

  test('shows where ports lead, and from where they may be reached', () => {
    expect(String(planOf({ intent: intentOf(dual) }))).toContain(`Addresses
  nginx  web     10.1.0.2    fd00:1::2  02:42:0a:01:00:02
  api    web     10.1.0.3    fd00:1::3  02:42:0a:01:00:03
  api    island  172.17.0.1             02:42:ac:11:00:01

Ports
  8080/tcp  -> nginx:80  network web
  9090/tcp  -> api:81    network web  from 198.51.100.0/24 only
`)
  })

  test('does not let a thousand ports hide the rest', () => {
    const odd = Array.from({ length: 100 }, (_, index) => `"${5001 + 2 * index}:80"`).join()
    const many = planOf({ intent: intentOf(`services: {nginx: {ports: [${odd}]}}`) })
    const text = String(many)
    expect(text).toContain('0.0.0.0:5119/tcp  -> nginx:80')
    expect(text).not.toContain('0.0.0.0:5121/tcp')
    expect(text).toContain('\n  and 40 more (--rules or --json list them all)\n')
    expect(printPlan(many, everything)).toContain('0.0.0.0:5199/tcp  -> nginx:80')
  })

  test('shows conflicts first, with what to do, and counts those that block', () => {
    const sockets = [{ protocol: 'tcp' as const, address: '0.0.0.0', port: 8080, process: 'caddy' }]
    const lines = String(planOf({ facts: { ...forwards, sockets } })).split('\n')
    expect(lines.slice(1, 7)).toEqual([
      expect.stringMatching(/ to remove\. Blocked by 1 conflict\. Conflicts: 1 error\.$/),
      '',
      'Conflicts',
      '  error HostPortTaken: caddy already listens on 0.0.0.0:8080/tcp. Once 0.0.0.0:8080/tcp -> nginx:80 is in force, clients on other machines and processes on this host that call it there reach the container instead: the mapping would take the port away from it.',
      '      For example: tcp from this host to 127.0.0.1:8080',
      '      What to do: Publish on another host port or on another host address, or stop caddy first.',
    ])
  })

  test('shows notes with their place', () => {
    const intent = {
      ...intentOf(),
      notes: [{ text: 'Something.', place: { source: 'c.yaml', line: 2, column: 7 } }],
    }
    const facts = { ...forwards, unread: ['Something else.'] }
    const text = String(planOf({ intent, facts }))
    expect(text).toMatch(/^.*\n.* Notes: 2\.\n/)
    expect(text).toMatch(/\nNotes\n {2}c\.yaml:2:7: Something\.\n {2}Something else\.$/)
  })

  test('is coloured only where asked for', () => {
    const esc = String.fromCharCode(27)
    expect(printPlan(planOf())).not.toContain(esc)
    const coloured = printPlan(planOf(), { ...plainLook, style: styleFor(true) })
    expect(coloured).toContain(`${esc}[1mPlan for project shop with nftables${esc}[0m`)
    expect(coloured.replaceAll(new RegExp(`${esc}\\[\\d+m`, 'g'), '')).toBe(printPlan(planOf()))
  })

  test('is the text of the value', () => {
    expect(`${planOf()}`).toBe(printPlan(planOf()))
  })
})

describe('changes for people', () => {
  const remove: PlanChange = { ...deleteBridge({ name: 'br0', addresses: ['10.0.0.1/24'] }), part: 'link' }
  const set = (before: string | null): PlanChange => ({
    ...sysctlChange('net.ipv4.ip_forward', before, '1', 'Why.'),
    part: 'sysctl',
  })

  test('are under the part of the host they are for, in order', () => {
    expect(printChanges([remove, remove, set('0'), remove])).toEqual([
      '  interfaces',
      '    - bridge br0 10.0.0.1/24',
      '    - bridge br0 10.0.0.1/24',
      '  sysctls',
      '    - net.ipv4.ip_forward = 0',
      '    + net.ipv4.ip_forward = 1',
      '  interfaces',
      '    - bridge br0 10.0.0.1/24',
    ])
  })

  test('of what was not known before are one line', () => {
    expect(printChanges([set(null)])).toEqual(['  sysctls', '    ~ net.ipv4.ip_forward = 1'])
  })

  test('of several lines are marked on each', () => {
    expect(printChanges([{ ...remove, before: 'one\ntwo' }])).toEqual([
      '  interfaces',
      '    - one',
      '    - two',
    ])
  })

  test('that are none say so', () => {
    expect(printChanges([])).toEqual(['  nothing to do: the host has all of this already'])
  })
})

describe('a conflict for people', () => {
  const conflict: Conflict = {
    kind: 'SubnetOverlap',
    severity: 'warning',
    certainty: 'possible',
    mapping: null,
    network: 'web',
    published: null,
    message: 'Something is wrong.',
    witness: null,
    culprit: null,
    remedy: { text: 'Mend it.', commands: ['one', 'two'] },
    trace: [],
  }

  test('says how sure it is, and lists commands', () => {
    expect(printConflict(conflict)).toEqual([
      '  warning (possible) SubnetOverlap: Something is wrong.',
      '      What to do: Mend it.',
      '        one',
      '        two',
    ])
  })

  test.each<[number, string]>([
    [0, 'Changes: 1 to add, 2 to change, 3 to remove.'],
    [1, 'Changes: 1 to add, 2 to change, 3 to remove. Blocked by 1 conflict.'],
    [2, 'Changes: 1 to add, 2 to change, 3 to remove. Blocked by 2 conflicts.'],
  ])('counts in the summary when it is an error: %d', (errors, expected) => {
    const conflicts = [
      conflict,
      ...Array.from({ length: errors }, () => ({ ...conflict, severity: 'error' as const })),
    ]
    expect(printSummary({ summary: { add: 1, change: 2, remove: 3 }, conflicts })).toBe(expected)
  })

  test('counts in the summary of nothing to do, too', () => {
    const summary = { add: 0, change: 0, remove: 0 }
    expect(printSummary({ summary, conflicts: [{ ...conflict, severity: 'error' }] })).toBe(
      'Nothing to do. 1 conflict to mend.',
    )
  })
})

test('columns are as wide as their widest cell, without blanks at the end', () => {
  expect(alignColumns([['a', 'bbb', 'c'], ['aaaa', 'b'], []])).toEqual(['a     bbb  c', 'aaaa  b', ''])
  expect(alignColumns([])).toEqual([])
})

describe('a long text for people', () => {
  test('shows some hundred changes, and says how many more there are', () => {
    const intent = intentOf('services: {web: {ports: ["10000-12000:10000-12000"]}}')
    const first = planOf({ intent: intentOf('services: {web: {}}') })
    const lines = printChanges(planOf({ ...after(first), intent }).changes)
    expect(lines.length).toBeLessThan(420)
    expect(
      lines.filter((line) => /^ {4}and \d+ more \(--rules or --json list them all\)$/.test(line)),
    ).toHaveLength(1)
    expect(lines.join('\n')).toContain('route_localnet = 1')
  })

  test('shows a table that goes by its first line, without tabs', () => {
    const host = after(planOf())
    const { changes } = planRemoval({
      surroundings: { rules: null, unread: [], settings: [] },
      ...host,
      state: emptyState,
      project: null,
      leases: null,
      stateDirectory: '/state',
      live: [],
    })
    const lines = printChanges(changes)
    expect(lines).toContain('    - table inet portolan { ... }')
    expect(lines.filter((line) => /\t|^ +[-+]\s*$/.test(line))).toEqual([])
  })

  test('shows what a terminal would obey', () => {
    const esc = String.fromCharCode(27)
    const facts = { ...forwards, interfaces: [{ name: bridge, alias: `up${esc}]0;x` }] }
    expect(printPlan(planOf({ facts }))).toContain('(it is "up\\x1b]0;x")')
  })
})
