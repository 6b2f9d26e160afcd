import { afterAll, afterEach, expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import { clusterHost, longTestMs, spareBridge, url } from './cluster/cluster-host.ts'
import { pluginIn, sandboxOf } from './cni/plugin.ts'
import { inHost } from './lifecycle/in-host.ts'
import { asked, callsIn, containerOn, namespaceOf } from './podman-plugin/calls.ts'

const { open, close } = clusterHost()

describeBeside('subnets in blocks of a cluster', ['etcd'], () => {
  afterEach(close)
  afterAll(close)

  test(
    'are picked outside the pools of a named cluster on a host that has not joined it',
    async () => {
      const { lab, etcd, pilot, run, cluster } = await open('172.16.0.0/12:16')
      await lab.host.mustRun(['mkdir', '-p', '/run/lab/config/portolan'])
      await lab.write('config/portolan/config.yaml', `cluster: ${url}\n`)
      const taker = ['--member', 'web-1', '--state', '/run/lab/web-1', '--count', '10']
      expect((await cluster('join', ...taker)).blocks).toHaveLength(10)
      const composeOf = (web: string): string =>
        `name: shop\nnetworks: {web: ${web}}\nservices: {nginx: {networks: [web]}}\n`
      const docker = composeOf('{x-portolan: {pool: docker}}')
      const named = composeOf('{ipam: {config: [{subnet: 172.19.0.0/16}]}}')

      // These networks were made before the cluster was named.
      await pilot.applied(docker)
      const inForce = await pilot.plan(docker, '--cluster', url)
      const overlap = {
        kind: 'SubnetOverlap',
        severity: 'error',
        culprit: expect.objectContaining({ tool: 'cluster' }),
      }
      expect(inForce).toMatchObject({ exitCode: 3, changes: [], conflicts: [overlap] })
      expect(inForce.conflicts[0]?.remedy?.text).toMatch(/^First join cluster prod/)
      expect(inForce.conflicts[0]?.remedy?.commands[0]).toMatch(/^portolan cluster join/)
      const home = { XDG_CONFIG_HOME: '/run/lab/config' }
      const status = await lab.portolan(['status', '--json'], { environment: home })
      expect(fromJson<{ readonly conflicts: unknown }>(status.stdout).conflicts).toContainEqual(
        expect.objectContaining(overlap),
      )
      expect(await run('destroy', '-p', 'shop', '--yes')).toMatchObject({ exitCode: 0 })

      const planned = await pilot.plan(docker, '--cluster', url)
      expect(planned).toMatchObject({ exitCode: 2, conflicts: [{ severity: 'info' }] })
      expect(planned.subnets[0]?.subnet).toMatch(/^(192\.168|10)\./)
      const inBlock = await pilot.plan(named, '--cluster', url)
      expect(inBlock).toMatchObject({ exitCode: 3 })
      expect(inBlock.conflicts).toContainEqual(expect.objectContaining(overlap))
      const applied = await pilot.run('apply', named, '--cluster', url, '--yes')
      expect(applied.exitCode).toBe(3)
      const subnet = await run('subnet', '--pool', 'docker', '--cluster', url)
      expect(subnet).toMatchObject({ exitCode: 1, stdout: '' })
      expect(subnet.stderr).toMatch(/has not joined cluster prod/)

      const pod = lab.use(await lab.container({ name: 'pod', bridge: await spareBridge(lab) }))
      const { call, config } = pluginIn(lab, 'nftables')
      const added = await call(
        'ADD',
        { ...sandboxOf(pod), interface: 'net1' },
        config({ ipv6: false, subnet: undefined, pool: 'docker' }),
        home,
      )
      expect(added.exitCode).toBe(1)
      expect(added.stdout).toMatch(/has not joined cluster prod/)
      // A subnet in the file is accepted, with a note that it was not checked.
      const noteOfUnchecked =
        /network (pods|web) \(172\.2[01]\..* was not checked .*cluster prod.*`portolan cluster join`/i
      const own = { ipv6: false, subnet: '172.20.0.0/24' }
      const inNamed = { ...sandboxOf(pod), interface: 'net1' }
      const addedInPool = await call('ADD', inNamed, config({ ...own }), home)
      expect(addedInPool).toMatchObject({ exitCode: 0, stderr: expect.stringMatching(noteOfUnchecked) })
      expect(await call('DEL', inNamed, config({ ...own }), home)).toMatchObject({ exitCode: 0, stderr: '' })
      const created = asked('web', { subnets: [{ subnet: '172.21.1.0/24' }] })
      const { exitCode, stderr } = await callsIn(lab).call(['create'], created, home)
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.stringMatching(noteOfUnchecked) })

      await etcd.kill()
      for (const text of [docker, composeOf('{}')]) {
        const refused = await pilot.run('apply', text, '--cluster', url, '--yes')
        expect(refused).toMatchObject({ exitCode: 1 })
        expect(refused.stderr).toMatch(/has not joined cluster prod/)
      }
      const unchecked = await pilot.run('plan', named, '--cluster', url)
      expect(unchecked).toMatchObject({ exitCode: 2 })
      expect(unchecked.stderr).toMatch(/a subnet that is named is not checked/)
    },
    longTestMs,
  )

  test(
    'give a CNI container its address while etcd is down, and refuse the next container after the block was lost',
    async () => {
      const { lab, etcd, cluster } = await open('10.64.0.0/24:24')
      const { blocks } = await cluster('join', '--member', 'web-1')
      await etcd.kill()
      await lab.host.mustRun(['mkdir', '-p', '/run/lab/config/portolan'])
      await lab.write('config/portolan/config.yaml', `cluster: ${url}\n`)
      const pod = lab.use(await lab.container({ name: 'pod', bridge: await spareBridge(lab) }))
      const { call, config } = pluginIn(lab, 'nftables')
      const environment = { XDG_CONFIG_HOME: '/run/lab/config' }
      const added = await call(
        'ADD',
        { ...sandboxOf(pod), interface: 'net1' },
        config({ ipv6: false }),
        environment,
      )
      expect(added).toMatchObject({ exitCode: 0, stderr: '' })
      const prefix: string = blocks[0].block.replace('.0/24', '.')
      expect(JSON.parse(added.stdout).ips[0].address.startsWith(prefix)).toBe(true)
      const second = await call(
        'ADD',
        { ...sandboxOf(pod), interface: 'net2' },
        config({ ipv6: false, name: 'more' }),
        environment,
      )
      expect(second.exitCode).toBe(1)
      expect(second.stdout).toMatch(/Claim one more.*portolan cluster join --count 2/)

      // Another host took the block. A later attach is refused, and the message says why.
      await etcd.start()
      await cluster('release', '--force')
      await cluster('join', '--member', 'web-2', '--state', '/run/lab/web-2')
      await cluster('init', '--pool', '10.64.0.0/24:24', '--pool', '10.80.0.0/23:24')
      await cluster('join', '--count', '2')
      const late = lab.use(await lab.container({ name: 'late', bridge: 'spare' }))
      const third = { ...sandboxOf(late), interface: 'net1' }
      const refused = await call('ADD', third, config({ ipv6: false }), environment)
      expect(refused.exitCode).toBe(1)
      expect(refused.stdout).toMatch(
        /network pods overlaps .*is held by host web-2 now.*the next one that is added makes it again/,
      )
      expect((await lab.portolan(['status'])).stdout).toContain('is held by host web-2 now')
      // A program that holds the network itself may attach, and gets a note.
      const attachByProgram = `const host = await open({ project: 'cni', state: '/var/lib/portolan' })
      const { notes } = await host.attach({ network: 'pods', endpoint: 'own', netns: { pid: ${late.pid} }, interface: 'own' })
      await host.detach('own'); await host.close(); report(notes ?? [])`
      expect(await inHost(lab, 'nftables', attachByProgram)).toEqual([
        expect.stringMatching(/is held by host web-2 now.*removeNetwork.*ensureNetwork/),
      ])
      // Podman's own file contains the subnet of its network, so only Podman can change it.
      const gateway = `${prefix}129`
      const written = asked('web', { subnets: [{ subnet: `${prefix}128/25`, gateway }] })
      const setup = callsIn(lab).refused(['setup', namespaceOf(late)], containerOn(written, late))
      expect(await setup).toMatch(/is held by host web-2 now.*podman network rm.*podman network create/s)
      // The other networks of the project can still be made.
      const more = await call('ADD', third, config({ ipv6: false, name: 'more' }), environment)
      expect(more).toMatchObject({ exitCode: 0, stderr: '' })
      expect(JSON.parse(more.stdout).ips[0].address).toMatch(/^10\.80\.[01]\./)

      // Once its last container is gone, the network is made again. The next container gets an address of this host's
      // block.
      const first = { ...sandboxOf(pod), interface: 'net1' }
      expect(await call('DEL', first, config({ ipv6: false }), environment)).toMatchObject({ exitCode: 0 })
      const anew = await call('ADD', { ...third, interface: 'net2' }, config({ ipv6: false }), environment)
      expect(anew).toMatchObject({ exitCode: 0, stderr: '' })
      expect(JSON.parse(anew.stdout).ips[0].address).toMatch(/^10\.80\.[01]\./)
      expect((await lab.portolan(['status'])).stdout).not.toContain('is held by host web-2 now')
    },
    longTestMs,
  )
})
