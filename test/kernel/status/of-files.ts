import { expect, test } from '@jest/globals'
import { attach, bridgeOf } from '../../lab/attach.ts'
import type { Backend } from '../../lab/backend.ts'
import type { Lab } from '../../lab/lab.ts'
import { addresses } from '../../lab/topology.ts'
import type { OpenLab } from '../lifecycle/describe-lifecycle.ts'
import { type Pilot, pilotOf, shop } from '../lifecycle/pilot.ts'
import { deleteMapping, deleteWay, flushRules } from './damage.ts'
import { echoPort, openConnections, startEcho } from './held-connections.ts'
import { driftOf, readStatus } from './read-status.ts'

const compose = shop(['8080:80', `9000:${echoPort}`])
const state = ['--state', '/run/lab/state']
const ofFile = ['-f', '/run/lab/compose.yaml', ...state]

/** The status of a project that was applied from a file. */
export const statusOfFiles = (open: OpenLab, backend: Backend): void => {
  const startShop = async (): Promise<{ lab: Lab; pilot: Pilot }> => {
    const lab = await open()
    const pilot = pilotOf(lab, backend)
    const planned = await pilot.applied(compose)
    const container = await attach(lab, planned, 'nginx', { hairpin: true })
    lab.use(await startEcho(container))
    return { lab, pilot }
  }

  test('counts open connections, with their packets where the host counts them', async () => {
    const { lab } = await startShop()
    const before = await readStatus(lab, ...state)
    expect(before.mappings.map(({ mapping }) => mapping)).toEqual([
      '0.0.0.0:8080/tcp -> nginx:80',
      '[::]:8080/tcp -> nginx:80',
      `0.0.0.0:9000/tcp -> nginx:${echoPort}`,
      `[::]:9000/tcp -> nginx:${echoPort}`,
    ])
    const isCounting = backend !== 'nftables'
    expect(before.of(9000)).toMatchObject({
      project: 'shop',
      backend,
      targets: [{ service: null, network: 'web', port: echoPort }],
      connections: 0,
      packets: null,
      bytes: null,
      newConnections: isCounting ? 0 : null,
      drift: 'unknown',
      conflicts: { count: 0, worst: null },
    })
    expect(before).toMatchObject({ drift: [], lost: [], accounting: false, conflicts: [] })
    expect(before.networks).toMatchObject([
      {
        project: 'shop',
        name: 'web',
        bridge: await bridgeOf(lab, 'web'),
        up: true,
        backend,
        drift: 'unknown',
      },
    ])

    const old = lab.use(await openConnections(lab.client, addresses.ip.host, 9000, 1))
    expect((await readStatus(lab, ...state)).of(9000)).toMatchObject({ connections: 1, packets: null })

    await lab.host.setSysctl('net.netfilter.nf_conntrack_acct', 1)
    const counted = await readStatus(lab, ...state)
    expect(counted.accounting).toBe(true)
    // The open connection is older than the accounting, so its packets were not counted.
    expect(counted.of(9000)).toMatchObject({ connections: 1, packets: null, bytes: null })
    expect(counted.of(8080)).toMatchObject({ connections: 0, packets: 0, bytes: 0 })
    await old.close()

    const held = lab.use(await openConnections(lab.client, addresses.ip.host, 9000, 3))
    const open = (await readStatus(lab, ...state)).of(9000)
    expect(open).toMatchObject({ connections: 3, newConnections: isCounting ? 4 : null })
    // A handshake of three packets, 100 bytes in each direction, and their acknowledgements.
    expect(open.packets).toBeGreaterThanOrEqual(15)
    expect(open.bytes).toBeGreaterThanOrEqual(3 * (200 + 5 * 40))
    await held.exchange()
    const more = (await readStatus(lab, ...state)).of(9000)
    expect(more.packets).toBeGreaterThanOrEqual((open.packets ?? 0) + 6)
    expect(more.bytes).toBeGreaterThanOrEqual((open.bytes ?? 0) + 600)
    expect(more.connections).toBe(3)

    const six = lab.use(await openConnections(lab.client, addresses.ip6.host, 9000, 2))
    const both = await readStatus(lab, ...state)
    expect([both.of(9000).connections, both.of(9000, 'ip6').connections]).toEqual([3, 2])
    expect(both.of(8080).connections).toBe(0)
    await held.close()
    await six.close()
    const after = await readStatus(lab, ...state)
    expect(after.of(9000)).toMatchObject({
      connections: 0,
      packets: 0,
      bytes: 0,
      newConnections: isCounting ? 4 : null,
    })
  })

  test('shows for each mapping what differs from the file', async () => {
    const { lab, pilot } = await startShop()
    const whole = await readStatus(lab, ...ofFile)
    expect(whole).toMatchObject({ drift: [], lost: [] })
    expect(new Set(whole.mappings.map(({ drift }) => drift))).toEqual(new Set(['none']))
    expect(whole.of(9000).targets).toMatchObject([{ service: 'nginx', network: 'web' }])

    await deleteMapping(lab, backend, 9000)
    const one = await readStatus(lab, ...ofFile)
    expect(driftOf(one)).toEqual([
      'ip 8080/tcp: none',
      'ip6 8080/tcp: none',
      'ip 9000/tcp: missing',
      'ip6 9000/tcp: none',
    ])
    expect(one.drift).toMatchObject([{ project: 'shop', part: backend, action: 'add' }])
    await pilot.apply(compose)
    expect(await readStatus(lab, ...ofFile)).toMatchObject({ drift: [] })

    const fewer = shop(['8080:80'])
    await lab.write('fewer.yaml', fewer)
    const unwanted = await readStatus(lab, '-f', '/run/lab/fewer.yaml', ...state)
    expect(driftOf(unwanted).slice(2)).toEqual(['ip 9000/tcp: unwanted', 'ip6 9000/tcp: unwanted'])

    await deleteWay(lab, backend)
    const way = await readStatus(lab, ...ofFile)
    // A chain of an inet table serves both families.
    const six = backend === 'nftables' ? 'way' : 'none'
    expect(driftOf(way)).toEqual([
      'ip 8080/tcp: way',
      `ip6 8080/tcp: ${six}`,
      'ip 9000/tcp: way',
      `ip6 9000/tcp: ${six}`,
    ])
    expect(driftOf(await readStatus(lab, ...state))).toEqual([
      'ip 8080/tcp: way',
      `ip6 8080/tcp: ${backend === 'nftables' ? 'way' : 'unknown'}`,
      'ip 9000/tcp: way',
      `ip6 9000/tcp: ${backend === 'nftables' ? 'way' : 'unknown'}`,
    ])

    await flushRules(lab, backend)
    const gone = await readStatus(lab, '--backend', backend, ...ofFile)
    expect(new Set(gone.mappings.map(({ drift }) => drift))).toEqual(new Set(['missing']))
    expect(gone.mappings).toHaveLength(4)
    // Without the file, the needs of the network are read from its bridge.
    const withoutFile = await readStatus(lab, '--backend', backend, ...state)
    expect(withoutFile.mappings).toEqual([])
    expect(withoutFile.networks).toMatchObject([{ name: 'web', drift: 'changed', backend: null }])
    expect(withoutFile.drift.length).toBeGreaterThan(0)
    await pilot.apply(compose)
    expect(await readStatus(lab, ...ofFile)).toMatchObject({ drift: [], lost: [] })
  })

  test('shows a foreign drop beside the mapping that it stops', async () => {
    const { lab } = await startShop()
    await lab.host.mustRun([
      'nft',
      `table inet foreign { chain f { type filter hook forward priority 5; iifname eth0 tcp dport ${echoPort} drop; }; }`,
    ])
    const status = await readStatus(lab, ...state)
    expect(status.of(9000).conflicts).toEqual({ count: expect.any(Number), worst: 'error' })
    expect(status.of(9000, 'ip6').conflicts?.worst).toBe('error')
    expect(status.of(8080).conflicts).toEqual({ count: 0, worst: null })
    expect(status.conflicts?.[0]).toMatchObject({
      project: 'shop',
      kind: 'ForwardDropped',
      severity: 'error',
    })
    expect(await readStatus(lab, '--no-conflicts', ...state)).toMatchObject({ conflicts: null })
    const { stdout, exitCode } = await lab.portolan(['status', ...state])
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/shop +\S+ +0\.0\.0\.0:9000\/tcp -> nginx:7000 .* error( \(\d+\))?\n/)
    expect(stdout).toContain('Conflicts\nerror ForwardDropped by nft foreign f')
  })
}
