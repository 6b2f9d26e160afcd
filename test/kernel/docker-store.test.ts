import { expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import type { Lab } from '../lab/lab.ts'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import { startDocker } from '../lab/neighbour/docker.ts'
import { startLibvirt } from '../lab/neighbour/libvirt.ts'
import { startPodman } from '../lab/neighbour/podman.ts'
import { addresses } from '../lab/topology.ts'
import { workerLabs } from '../lab/worker-labs.ts'

const labs = workerLabs()

const shop = `name: shop
services: { web: { ports: ["8080:80"] } }
networks: { default: { driver_opts: { com.docker.network.bridge.name: br-shop } } }
`

/** Simulates a restart of the host: no bridge and no rule exists. Only files know the networks. */
const restartHost = async ({ host }: Lab): Promise<void> => {
  await host.mustRun([
    'sh',
    '-ec',
    `for link in $(ip -o link show type bridge | cut -d: -f2); do ip link delete $link; done
for table in filter nat mangle raw; do iptables-nft -t $table -F; iptables-nft -t $table -X; done
iptables-nft -P FORWARD ACCEPT
ip6tables-nft -P FORWARD ACCEPT`,
  ])
}

interface Picked {
  readonly subnets: readonly {
    readonly subnet: string
    readonly rejected: readonly {
      readonly candidate: string
      readonly kind: string
      readonly detail: string
    }[]
  }[]
  readonly unread?: readonly string[]
}

const pickSubnet = async (lab: Lab, ...words: readonly string[]): Promise<Picked> =>
  fromJson<Promise<Picked>>((await lab.portolan(['subnet', '--json', ...words])).stdout)

const database = 'network/files/local-kv.db'

describeBeside('networks of engines that do not run', ['docker', 'podman', 'libvirt'], () => {
  test('subnets of Docker are avoided and named with their file, and its containers are reached once it runs again', async () => {
    await using lab = await labs.open()
    const docker = await startDocker(lab)
    await docker.createNetwork({ name: 'six', subnet: '10.0.0.0/24', subnet6: 'fd00:10::/64' })
    await docker.stop()
    await restartHost(lab)

    const { subnets } = await pickSubnet(lab)
    expect(subnets[0]).toMatchObject({
      subnet: '10.1.0.0/16',
      rejected: [
        {
          candidate: '172.17.0.0/16',
          kind: 'network',
          detail: `docker's network bridge (172.17.0.0/16), defined in /var/lib/docker/${database}`,
        },
        { candidate: '10.0.0.0/16', kind: 'network', overlaps: '10.0.0.0/24' },
      ],
    })
    const { networks } = fromJson<{ readonly networks: unknown }>((await lab.portolan(['inspect'])).stdout)
    expect(networks).toContainEqual(
      expect.objectContaining({ engine: 'docker', name: 'six', subnets: ['10.0.0.0/24', 'fd00:10::/64'] }),
    )
    const file = await lab.write('compose.yaml', shop)
    expect(await lab.portolan(['apply', '-f', file, '--backend', 'nftables', '--yes'])).toMatchObject({
      exitCode: 0,
      stderr: '',
    })

    await docker.start()
    const { address } = await docker.run({ name: 'theirs', publish: ['9090:80'] })
    expect(address).toBe('172.17.0.2')
    const probe = { protocol: 'tcp', destination: addresses.ip.host, port: 9090, timeoutMs: 3000 } as const
    expect(await lab.client.reach(probe)).toMatchObject({ delivered: true, by: 'theirs' })
  })

  test('subnets of Docker are found in the folder that its settings name, and a damaged database causes a warning', async () => {
    await using lab = await labs.open()
    const docker = await startDocker(lab, { 'data-root': '/var/lib/elsewhere' })
    await docker.stop()
    await restartHost(lab)
    expect((await pickSubnet(lab)).subnets[0]?.rejected[0]).toMatchObject({
      candidate: '172.17.0.0/16',
      detail: expect.stringContaining(`/var/lib/elsewhere/${database}`),
    })

    await lab.host.mustRun(['sh', '-c', `head -c 3000 /dev/urandom > /var/lib/elsewhere/${database}`])
    const warned = await lab.portolan(['subnet', '--json'])
    expect({ code: warned.exitCode, said: warned.stderr }).toEqual({
      code: 0,
      said: `portolan: /var/lib/elsewhere/${database}, where Docker keeps its networks, could not be read (it is no bolt database): its networks that are down are not avoided. Name their subnets with --reserve.\n`,
    })
    const unread = [expect.stringContaining('where Docker keeps its networks')]
    expect(fromJson(warned.stdout)).toMatchObject({ unread })
    const file = await lab.write('compose.yaml', shop)
    const plan = await lab.portolan(['plan', '-f', file, '--backend', 'nftables', '--json'])
    expect(fromJson(plan.stdout)).toMatchObject({ unread })
  })

  test('subnets of Podman and libvirt are avoided, also those of networks that were never started', async () => {
    await using lab = await labs.open()
    const podman = await startPodman(lab)
    await podman.createNetwork('down', '--subnet=10.40.0.0/24')
    await podman.command('ps')
    const libvirt = await startLibvirt(lab)
    const xml = `<network><name>idle</name><bridge name='virbr7'/><ip address='10.40.1.1' netmask='255.255.255.0'/></network>`
    await libvirt.virsh('net-define', await lab.write('idle.xml', xml))
    await libvirt.stop()
    const rejectionsIn = async (pool: string): Promise<readonly string[]> =>
      (await pickSubnet(lab, '--pool', pool)).subnets.flatMap(({ rejected }) =>
        rejected.map(({ detail }) => detail),
      )
    expect(await rejectionsIn('10.40.0.0/16:24')).toEqual([
      "podman's network down (10.40.0.0/24), defined in /etc/containers/networks/down.json",
      "libvirt's network idle (10.40.1.0/24), defined in /etc/libvirt/qemu/networks/idle.xml",
    ])
    expect(await rejectionsIn('10.88.0.0/15:16')).toEqual([
      "podman's network podman (10.88.0.0/16), defined in /var/lib/containers/storage",
    ])
  })
})
