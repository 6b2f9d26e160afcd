import { expect, test } from '@jest/globals'
import { type Dockerd, spokenBy, startDockerd } from '../lab/dockerd.ts'
import { describeOnKernel } from '../lab/gate.ts'
import { type Lab, openLab } from '../lab/lab.ts'
import { addresses } from '../lab/topology.ts'

const shop = `name: shop
services: { web: { ports: ["8080:80"] } }
networks: { default: { driver_opts: { com.docker.network.bridge.name: br-shop } } }
`

/** A dockerd ends, and the host restarts: its bridges are gone, and only its database knows of its networks. */
const restartWithoutDocker = async (lab: Lab, docker: Dockerd): Promise<void> => {
  await docker.end()
  await lab.host.mustRun([
    'sh',
    '-c',
    `for link in $(ip -o link show type bridge | cut -d: -f2); do ip link delete $link || exit 1; done
for table in filter nat mangle raw; do iptables-nft -t $table -F; iptables-nft -t $table -X; done; iptables-nft -P FORWARD ACCEPT`,
  ])
}

describeOnKernel('networks of a dockerd that does not run', 'nftables', () => {
  test('are avoided and named with their file, so that its containers are reached once it runs again', async () => {
    await using lab = await openLab()
    const first = await startDockerd(lab)
    await first.createNetwork({ Name: 'later' })
    await first.createNetwork({
      Name: 'six',
      EnableIPv6: true,
      IPAM: { Config: [{ Subnet: '10.0.0.0/24' }, { Subnet: 'fd00:10::/64' }] },
    })
    await restartWithoutDocker(lab, first)

    const picked = JSON.parse((await lab.portolan(['subnet', '--json'])).stdout)
    expect(picked.subnets[0]).toMatchObject({
      subnet: '10.1.0.0/16',
      rejected: [
        {
          candidate: '172.17.0.0/16',
          kind: 'network',
          detail:
            "docker's network bridge (172.17.0.0/16), defined in /var/lib/docker/network/files/local-kv.db",
        },
        { candidate: '10.0.0.0/16', kind: 'network', overlaps: '10.0.0.0/24' },
      ],
    })
    const { networks } = JSON.parse((await lab.portolan(['inspect'])).stdout)
    expect(networks).toContainEqual(
      expect.objectContaining({ engine: 'docker', name: 'six', subnets: ['10.0.0.0/24', 'fd00:10::/64'] }),
    )

    const file = await lab.write('compose.yaml', shop)
    const words = ['apply', '-f', file, '--backend', 'nftables', '--yes']
    expect(await lab.portolan(words)).toMatchObject({ exitCode: 0, stderr: '' })
    const { addresses: planned } = JSON.parse(
      (await lab.portolan(['plan', '-f', file, '--backend', 'nftables', '--json'])).stdout,
    )
    await lab.container({
      name: 'web',
      bridge: 'br-shop',
      address: `${planned[0].address}/16`,
      gateway: '10.1.42.1',
      services: [{ protocol: 'tcp', port: 80 }],
    })

    await using again = await startDockerd(lab)
    const address = await again.run({ name: 'theirs', port: { host: 9090, container: 80 } })
    expect(address).toBe('172.17.0.2')
    expect(await spokenBy(lab, addresses.ip.host, 9090)).toBe('theirs')
    expect(JSON.parse(await lab.host.mustRun(['ip', '-j', 'route', 'get', address]))[0].dev).toBe('docker0')
  })

  test('are avoided where the database is in another folder, and warned of where it cannot be read', async () => {
    await using lab = await openLab()
    const docker = await startDockerd(lab, ['--data-root', '/var/lib/elsewhere', '--bip', '10.42.0.1/16'])
    await restartWithoutDocker(lab, docker)
    expect((await lab.portolan(['subnet'])).stdout).toBe('172.17.0.0/16 172.17.42.1\n')

    await lab.host.mustRun([
      'sh',
      '-c',
      'mkdir -p /run/systemd/system && printf "[Service]\\nExecStart=/usr/sbin/dockerd --data-root /var/lib/elsewhere\\n" > /run/systemd/system/docker.service',
    ])
    const { stdout } = await lab.portolan(['subnet', '--count', '3'])
    expect(stdout).not.toContain('10.42.')

    await lab.host.mustRun([
      'sh',
      '-c',
      'head -c 3000 /dev/urandom > /var/lib/elsewhere/network/files/local-kv.db',
    ])
    const warned = await lab.portolan(['subnet', '--json'])
    expect(warned).toMatchObject({ exitCode: 0 })
    const why =
      /^portolan: \/var\/lib\/elsewhere\/network\/files\/local-kv\.db, where Docker keeps its networks, could not be read \(it is no bolt database\): its networks that are down are not avoided\. Name their subnets with --reserve\.$/m
    expect(warned.stderr).toMatch(why)
    expect(JSON.parse(warned.stdout).unread).toEqual([
      expect.stringContaining('where Docker keeps its networks'),
    ])
    const file = await lab.write('compose.yaml', shop)
    const plan = await lab.portolan(['plan', '-f', file, '--backend', 'nftables', '--json'])
    expect(JSON.parse(plan.stdout).unread).toEqual([
      expect.stringContaining('where Docker keeps its networks'),
    ])
  })
})
