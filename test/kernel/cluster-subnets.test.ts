import { afterAll, afterEach, expect, test } from '@jest/globals'
import { attach } from '../lab/attach.ts'
import type { Lab } from '../lab/lab.ts'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import { addresses } from '../lab/topology.ts'
import { clusterHost, longTestMs, spareBridge, url } from './cluster/cluster-host.ts'
import { inHost } from './lifecycle/in-host.ts'

const { open, close } = clusterHost()

/** A Compose file with services on network web, each with a port, and with other networks. */
const project = (services: readonly string[], networks: readonly string[] = []): string =>
  `name: shop
networks: {${['web', ...networks].map((name) => `${name}: {}`).join(', ')}}
services:
${services.map((name, at) => `  ${name}: {networks: [web], ports: ["${8080 + at}:80"]}\n`).join('')}${networks
  .map((name) => `  on-${name}: {networks: [${name}]}\n`)
  .join('')}`

const answeringContainer = async (lab: Lab, port: number): Promise<unknown> => {
  const probe = { protocol: 'tcp', destination: addresses.ip.host, port, timeoutMs: 3000 } as const
  const outcome = await lab.client.reach(probe)
  return outcome.delivered ? outcome.by : outcome
}

describeBeside('subnets in blocks of a cluster', ['etcd'], () => {
  afterEach(close)
  afterAll(close)

  test(
    'are picked in the blocks of the host, also while etcd is down',
    async () => {
      const { lab, etcd, pilot, run, cluster } = await open('10.64.0.0/12:24')
      const before = await run('subnet', '--cluster', url)
      expect(before).toMatchObject({ exitCode: 1, stdout: '' })
      expect(before.stderr).toMatch(/has not joined cluster prod.*`portolan cluster join --cluster etcd:/)
      const { blocks } = await cluster('join', '--member', 'web-1')
      const block: string = blocks[0].block
      const gateway = block.replace('.0/24', '.1')
      expect(await run('subnet', '--cluster', url)).toMatchObject({ stdout: `${block} ${gateway}\n` })
      await etcd.kill()

      const planned = await pilot.applied(project(['nginx']), '--cluster', url)
      expect(planned.subnets).toMatchObject([{ subnet: block, gateway }])
      await attach(lab, planned, 'nginx')
      expect(await answeringContainer(lab, 8080)).toBe('nginx')
      const more = await pilot.applied(project(['nginx', 'api']), '--cluster', url)
      await attach(lab, more, 'api')
      expect(await answeringContainer(lab, 8081)).toBe('api')

      const full = await pilot.run(
        'apply',
        project(['nginx', 'api'], ['db', 'log']),
        '--cluster',
        url,
        '--yes',
      )
      expect(full).toMatchObject({ exitCode: 1 })
      expect(full.stderr).toMatch(/No subnet is free for network db .* Claim 2 more.*--count 3`/)
      expect(await run('subnet', '--count', '2', '--cluster', url)).toMatchObject({
        ...{ exitCode: 4, stdout: '' },
        stderr: expect.stringMatching(/Claim 2 more.*`portolan cluster join .*--count 3`/),
      })
      const status = await run('cluster', 'status', '--cluster', url)
      expect(status.stdout).toMatch(/ 2 +251 +shop\/web/)

      await etcd.start()
      expect((await cluster('join', '--count', '3')).blocks).toHaveLength(3)
      const wide = await pilot.applied(project(['nginx', 'api'], ['db', 'log']), '--cluster', url)
      const all = (await cluster('status')).own.map(({ block: one }: { block: string }) => one)
      expect(wide.subnets.map(({ subnet }) => subnet).toSorted()).toEqual([...all].toSorted())
      expect(await answeringContainer(lab, 8080)).toBe('nginx')
    },
    longTestMs,
  )

  test(
    'have to move where another host took the block, and are a conflict where they are in a free block',
    async () => {
      const { lab, pilot, run, cluster } = await open('10.64.0.0/22:24')
      const { blocks } = await cluster('join', '--member', 'web-1')
      const block: string = blocks[0].block
      const planned = await pilot.applied(project(['nginx']), '--cluster', url)
      await attach(lab, planned, 'nginx')
      const others = ['10.64.0.0/24', '10.64.1.0/24', '10.64.2.0/24', '10.64.3.0/24'].filter(
        (one) => one !== block,
      )
      const elsewhere = `name: other\nnetworks: {web: {ipam: {config: [{subnet: ${others[0]}}]}}}\nservices: {a: {networks: [web]}}\n`
      const refused = await pilot.plan(elsewhere, '--cluster', url)
      expect(refused).toMatchObject({
        exitCode: 3,
        conflicts: [{ kind: 'SubnetOverlap', severity: 'error', culprit: { tool: 'cluster' } }],
      })
      const outside = elsewhere.replace(others[0] ?? '', '10.9.0.0/24')
      expect(await pilot.plan(outside, '--cluster', url)).toMatchObject({ exitCode: 2, conflicts: [] })

      // As when a host is wrongly taken for dead.
      await cluster('release', '--force')
      // The cluster is still named, but the host has no block. The printed commands name pools outside the cluster, and
      // move the network as typed.
      const out = await pilot.plan(project(['nginx']), '--cluster', url)
      const printed = out.conflicts[0]?.remedy?.commands[0] ?? ''
      expect(printed).toMatch(/^portolan move .* --pool classic --pool docker /)
      expect(await run(...printed.split(' ').slice(1))).toMatchObject({
        exitCode: 2,
        stdout: expect.stringMatching(/web +172\.17\.\S+/),
      })
      const taker = ['--member', 'web-2', '--state', '/run/lab/web-2', '--count', '4']
      expect((await cluster('join', ...taker)).blocks).toHaveLength(4)
      await cluster('init', '--pool', '10.64.0.0/22:24', '--pool', '10.80.0.0/24:24')
      const joined = await run('cluster', 'join', '--cluster', url)
      expect(joined.stdout).toMatch(/10\.80\.0\.0\/24 claimed/)
      const lost = await pilot.plan(project(['nginx']), '--cluster', url)
      expect(lost.exitCode).toBe(3)
      expect(lost.conflicts).toMatchObject([{ kind: 'SubnetOverlap', severity: 'error' }])
      expect(lost.conflicts[0]?.remedy?.commands[0]).toMatch(/^portolan move .*--cluster etcd:.* web$/)
      expect(JSON.stringify(lost.conflicts[0])).toContain('is held by host web-2 now')
      // The printed commands name the cluster when neither a file nor an option does.
      const unnamed = await pilot.plan(project(['nginx']))
      expect(unnamed.conflicts[0]?.remedy?.commands[0]).toMatch(/^portolan move .*--cluster etcd:.* web$/)
      const command = `portolan move -f FILE --cluster ${url} web`
      expect((await run('status')).stdout).toContain(`To move the network: ${command}`)
      const late = lab.use(await lab.container({ name: 'late', bridge: await spareBridge(lab) }))
      const inside = ['--netns', String(late.pid), '--name', 'late', '--interface', 'net1']
      const attached = await run('attach', 'web', ...inside)
      expect(attached.stderr).toMatch(/of network web overlaps .* is held by host web-2 now.*portolan move/)
      expect(attached.stderr).toContain(`The command is \`${command}\`.`)
      expect(attached.exitCode).toBe(0)
      expect(attached.stderr.split('is held by host')).toHaveLength(2)
      // A program that attaches to a plan's network gets a note too.
      const attachByProgram = `const host = await open({ project: 'jobs', state: '/var/lib/portolan' })
      const { notes } = await host.attach({ network: 'shop/web', endpoint: 'own', netns: { pid: ${late.pid} }, interface: 'own' })
      await host.detach('own', { network: 'shop/web' }); await host.close(); report(notes ?? [])`
      expect(await inHost(lab, 'nftables', attachByProgram)).toEqual([
        expect.stringMatching(/of network web overlaps .* is held by host web-2 now.*portolan move/),
      ])
      const moved = await pilot.run('move', project(['nginx']), 'web', '--cluster', url, '--yes')
      expect(moved).toMatchObject({
        exitCode: 0,
        stdout: expect.stringMatching(/gets its address anew.*attach.*again/s),
      })
      // An attached endpoint keeps its old address until it is attached again.
      const addressOf = async () =>
        (await late.mustRun(['ip', '-br', '-4', 'address', 'show', 'net1'])).trim()
      expect(await addressOf()).toContain(block.replace('0/24', ''))
      expect(await run('attach', 'web', ...inside)).toMatchObject({ exitCode: 1 })
      expect(await run('detach', 'late', '--netns', String(late.pid))).toMatchObject({ exitCode: 0 })
      expect(await run('attach', 'web', ...inside)).toMatchObject({ exitCode: 0 })
      expect(await addressOf()).toContain('10.80.0.')
      expect(await run('detach', 'late', '--netns', String(late.pid))).toMatchObject({ exitCode: 0 })
      const after = await pilot.plan(project(['nginx']), '--cluster', url)
      expect(after).toMatchObject({
        exitCode: 0,
        conflicts: [],
        changes: [],
        subnets: [{ subnet: '10.80.0.0/24' }],
      })
      await lab.host.ip('link delete v-nginx')
      await attach(lab, after, 'nginx')
      expect(await answeringContainer(lab, 8080)).toBe('nginx')
      expect((await run('status')).stdout).not.toContain('is held by host')
    },
    longTestMs,
  )

  test('are in no block that collides with a route when it is claimed, and a later collision is reported', async () => {
    const { lab, run, cluster } = await open('10.64.0.0/22:24')
    await lab.host.ip(
      'link add vpn0 type bridge',
      'link set vpn0 up',
      'route add 10.64.0.0/23 dev vpn0 table 7',
      'route add 10.64.2.7/32 dev vpn0 table 7',
    )
    const joined = await cluster('join', '--member', 'web-1')
    expect(joined).toMatchObject({ claimed: ['10.64.3.0/24'], collisions: [] })
    const none = await run('cluster', 'join', '--count', '2', '--cluster', url)
    expect(none).toMatchObject({ exitCode: 1 })
    expect(none.stderr).toMatch(/each of the others collides .*route 10\.64\.0\.0\/23 via vpn0 in table 7/)
    await lab.host.ip('route add 10.64.3.128/25 dev vpn0 table 7')
    const again = await run('cluster', 'join', '--cluster', url)
    expect(again).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('10.64.3.0/24 held') })
    expect(again.stderr).toMatch(
      /10\.64\.3\.0\/24 is this host's, and collides .*10\.64\.3\.128\/25 via vpn0/,
    )
    const full = await run('subnet', '--cluster', url)
    expect(full).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('10.64.3.128/25 via vpn0') })
    expect(await run('subnet', '--size', '25', '--cluster', url)).toMatchObject({
      stdout: '10.64.3.0/25 10.64.3.1\n',
    })
  })
})
