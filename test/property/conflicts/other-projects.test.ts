import { describe, expect, test } from '@jest/globals'
import type { Conflict } from '@portolan/core'
import type { HostFacts } from '@portolan/netfilter'
import { type Backend, type HostRules, noRules, plan, readCompose } from 'portolan'
import { plannedFacts } from '../../../packages/core/src/conflict/search/planned-host/planned-facts.ts'
import { carriedOut } from '../../../packages/portolan/src/plan/carried-out.ts'
import { backends } from '../arbitrary/backend.ts'
import { hostFacts, lookAt } from './look.ts'

/** A project with one published port of one container, and a network of its own. */
const project = (name: string, subnet: string, port: string): string => `
name: ${name}
networks: {web: {ipam: {config: [{subnet: ${subnet}.0/24, gateway: ${subnet}.1}]}}}
services: {www: {networks: {web: {ipv4_address: ${subnet}.10}}, ports: [${port}]}}
`

/** A host on which a project has been applied. */
const hostWith = async (intent: string, backend: Backend, facts: HostFacts): Promise<Host> => {
  const { changes, desired } = await plan(readCompose(intent, { source: 'other.yaml' }), {
    facts,
    rules: noRules,
    backend,
  })
  const after = plannedFacts(desired, facts, true)
  const bridges = new Set(desired.networks.map(({ bridge }) => bridge))
  const interfaces = after.interfaces?.map((link) =>
    bridges.has(link.name ?? '') ? { ...link, alias: 'portolan project=blog network=web' } : link,
  )
  return { rules: carriedOut(noRules, changes), facts: { ...after, interfaces: interfaces ?? [] } }
}

interface Host {
  readonly rules: HostRules
  readonly facts: HostFacts
}

const conflictsOf = async (
  backend: Backend,
  theirs: string,
  ours: string,
  facts: HostFacts = hostFacts,
): Promise<readonly Conflict[]> => {
  const host = await hostWith(project('blog', '172.30.9', theirs), backend, facts)
  const seen = await lookAt({ ...host, backend, intent: project('shop', '172.30.1', ours) })
  return seen.plan.conflicts
}

const told = (conflicts: readonly Conflict[]): readonly string[] =>
  conflicts.map(
    ({ severity, kind, culprit }) => `${severity} ${kind} by ${culprit?.text} of ${culprit?.owner}`,
  )

const inRouter = '{target: 80, published: 8080, x-portolan: {interface: eth0}}'

describe.each(backends)('with %s, a host port that another project has', (backend) => {
  test.each([
    [
      'on one address, where ours is for all',
      '"192.0.2.2:8080:80"',
      '"8080:80"',
      '192.0.2.2:8080/tcp -> www:80',
    ],
    [
      'on all addresses, where ours is for one',
      '"8080:80"',
      '"192.0.2.2:8080:80"',
      '0.0.0.0:8080/tcp -> www:80',
    ],
    [
      'behind one interface, where ours is for all',
      inRouter,
      '"8080:80"',
      '0.0.0.0:8080/tcp on eth0 -> www:80',
    ],
    ['behind all interfaces, where ours is for one', '"8080:80"', inRouter, '0.0.0.0:8080/tcp -> www:80'],
  ])('%s, is told once, as a warning', async (_, theirs, ours, text) => {
    const conflicts = await conflictsOf(backend, theirs, ours)
    expect(told(conflicts)).toEqual([`warning OverlappingHostPort by ${text} of blog`])
    expect(conflicts[0]?.message).toMatch(/project blog/)
  })

  test('as ours wants it, is told once, as an error', async () => {
    expect(told(await conflictsOf(backend, '"8080:80"', '"8080:81"'))).toEqual([
      'error DuplicateHostPort by 0.0.0.0:8080/tcp -> www:80 of blog',
    ])
  })
})

describe.each(backends)('with %s, an interface in the subnet of another project', (backend) => {
  test('is told of that project alone, whose guard drops what comes in by it', async () => {
    const facts = {
      ...hostFacts,
      interfaces: [
        ...(hostFacts.interfaces ?? []),
        { name: 'eth2', up: true, addresses: ['172.30.9.130/25'] },
      ],
      routes: [...(hostFacts.routes ?? []), { destination: '172.30.9.128/25', interface: 'eth2' }],
    }
    expect(told(await conflictsOf(backend, '"9000:80"', '"8080:80"', facts))).toEqual([])
    const host = await hostWith(project('blog', '172.30.9', '"9000:80"'), backend, facts)
    const { plan: theirs } = await lookAt({
      ...{ ...host, backend, intent: project('blog', '172.30.9', '"9000:80"') },
    })
    expect(theirs.conflicts.map(({ kind }) => kind)).toContain('SubnetOverlap')
  })
})

describe('a route that leads packets of a mapping away from its bridge', () => {
  test('is named as what it is', async () => {
    const facts: HostFacts = {
      ...hostFacts,
      interfaces: [
        ...(hostFacts.interfaces ?? []),
        { name: 'wg0', up: true, kind: 'wireguard', addresses: ['10.8.0.2/24'] },
      ],
      routes: [...(hostFacts.routes ?? []), { destination: 'default', interface: 'wg0', table: 77 }],
      rules: [{ priority: 100, table: 77 }],
    }
    const { conflicts } = await lookAt({ rules: noRules, facts })
    expect(conflicts.length).toBeGreaterThan(0)
    for (const { culprit, message } of conflicts) {
      expect(culprit).not.toBeNull()
      expect(message).not.toMatch(/no rule shows|undefined|null/)
    }
    expect(
      conflicts.some(({ culprit }) => culprit?.tool === 'kernel' && /route .*wg0/.test(culprit.text)),
    ).toBe(true)
  })
})
