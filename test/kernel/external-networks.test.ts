import { expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import type { Lab } from '../lab/lab.ts'
import { startCni } from '../lab/neighbour/cni.ts'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import { startDocker } from '../lab/neighbour/docker.ts'
import { startPodman } from '../lab/neighbour/podman.ts'
import { addresses } from '../lab/topology.ts'
import { workerLabs } from '../lab/worker-labs.ts'

const labs = workerLabs()

const compose = (network: string, address?: string): string => `name: shop
services:
  web:
    ports: ["8080:80"]
    networks: { theirs: ${address === undefined ? '{}' : `{ ipv4_address: ${address} }`} }
networks: { theirs: { external: true, name: ${network} } }
`

/** Plans a service on another engine's network, applies the plan, and starts the service's container. */
const applyOnNetwork = async (
  lab: Lab,
  network: string,
  bridge: string,
  gateway: string,
): Promise<string> => {
  const file = await lab.write('compose.yaml', compose(network))
  const words = ['-f', file, '--backend', 'nftables']
  const planned = await lab.portolan(['plan', ...words, '--json'])
  const plan = JSON.parse(planned.stdout)
  expect(plan.networks).toEqual([expect.objectContaining({ bridge, external: true })])
  const { address } = plan.addresses[0]
  const applied = await lab.portolan(['apply', ...words, '--yes', '--fix'])
  expect({ code: applied.exitCode, said: applied.stderr }).toMatchObject({ code: 0 })
  await lab.container({
    name: 'web',
    bridge,
    address: `${address}/24`,
    gateway,
    services: [{ protocol: 'tcp', port: 80 }],
  })
  const probe = { protocol: 'tcp', destination: addresses.ip.host, port: 8080, timeoutMs: 3000 } as const
  expect(await lab.client.reach(probe)).toMatchObject({ delivered: true, by: 'web' })
  // The service keeps its planned address, though that address answers on the bridge now.
  const again = await lab.portolan(['plan', ...words, '--json'])
  expect(JSON.parse(again.stdout).addresses[0].address).toBe(address)
  return address
}

const usedAddresses = async (lab: Lab, name: string): Promise<readonly string[]> => {
  const { networks } = fromJson<{
    readonly networks: readonly {
      readonly name: string
      readonly used?: readonly { readonly address: string }[]
    }[]
  }>((await lab.portolan(['inspect'])).stdout)
  return networks
    .filter((network) => network.name === name)
    .flatMap(({ used = [] }) => used.map(({ address }) => address))
}

describeBeside('an external network of another engine', ['docker', 'podman', 'cni'], () => {
  test('of Docker is found by its name, and its running and stopped containers keep their addresses', async () => {
    await using lab = await labs.open()
    const docker = await startDocker(lab)
    await docker.api('POST', '/networks/create', {
      Name: 'theirs',
      Options: { 'com.docker.network.bridge.name': 'br-theirs' },
      IPAM: { Config: [{ Subnet: '10.77.0.0/24', Gateway: '10.77.0.254', IPRange: '10.77.0.0/29' }] },
    })
    await docker.run({ name: 'stopped', network: 'theirs', address: '10.77.0.8' })
    await docker.api('POST', '/containers/stopped/stop')
    const first = await docker.run({ name: 'first', network: 'theirs' })
    expect(first.address).toBe('10.77.0.1')
    expect(await usedAddresses(lab, 'theirs')).toEqual(['10.77.0.1', '10.77.0.8'])

    expect(await applyOnNetwork(lab, 'theirs', 'br-theirs', '10.77.0.254')).toBe('10.77.0.9')
    await docker.api('POST', '/containers/stopped/start')
    const second = await docker.run({ name: 'second', network: 'theirs' })
    expect(second.address).toBe('10.77.0.2')
  })

  test('of Docker is refused without a static address where the database of Docker cannot be read', async () => {
    await using lab = await labs.open()
    const docker = await startDocker(lab)
    await docker.run({ name: 'first' })
    const database = '/var/lib/docker/network/files/local-kv.db'
    await lab.host.mustRun([
      'sh',
      '-ec',
      `tr x y < ${database} | tail -c +9000 > /run/lab/damaged; mount --bind /run/lab/damaged ${database}`,
    ])
    const file = await lab.write('compose.yaml', compose('docker0'))
    const words = ['plan', '-f', file, '--backend', 'nftables', '--json']
    const refused = await lab.portolan(words)
    expect({ code: refused.exitCode, ...JSON.parse(refused.stdout) }).toMatchObject({
      code: 1,
      error: {
        message: expect.stringContaining(
          'web needs ipv4_address on the external network theirs: other containers are on its bridge docker0, and the addresses that docker gave them could not be read',
        ),
      },
    })
    await lab.write('compose.yaml', compose('docker0', '172.17.0.9'))
    expect(JSON.parse((await lab.portolan(words)).stdout).addresses[0].address).toBe('172.17.0.9')
  })

  test('of Podman is found by its name with and without a bridge, and its containers keep their addresses', async () => {
    await using lab = await labs.open()
    const podman = await startPodman(lab)
    await podman.createNetwork(
      'theirs',
      '--disable-dns',
      '--subnet=10.66.0.0/24',
      '--interface-name=br-theirs',
    )
    const file = await lab.write('compose.yaml', compose('theirs'))
    const down = await lab.portolan(['plan', '-f', file, '--backend', 'nftables', '--json'])
    expect(JSON.parse(down.stdout).networks[0]).toMatchObject({
      bridge: 'br-theirs',
      ip: { subnet: '10.66.0.0/24', gateway: '10.66.0.1' },
    })

    await podman.run({ name: 'first', network: 'theirs', address: '10.66.0.128' })
    await podman.run({ name: 'stopped', network: 'theirs', address: '10.66.0.129' })
    await podman.command('stop', '--time=0', 'stopped')
    await podman.run({ name: 'second', network: 'theirs' })
    expect((await usedAddresses(lab, 'theirs')).toSorted()).toEqual([
      '10.66.0.128',
      '10.66.0.129',
      '10.66.0.2',
    ])
    expect(await applyOnNetwork(lab, 'theirs', 'br-theirs', '10.66.0.1')).toBe('10.66.0.130')
    await podman.command('start', 'stopped')
    const third = await podman.run({ name: 'third', network: 'theirs' })
    expect(third.address).toBe('10.66.0.3')
  })

  test('of CNI is found by its name, and the leases of host-local are avoided', async () => {
    await using lab = await labs.open()
    const cni = await startCni(lab, { name: 'theirs', bridge: 'br-theirs', subnet: '10.85.0.0/24' })
    const first = await cni.run({ name: 'first' })
    expect(first.address).toBe('10.85.0.2')
    await cni.run({ name: 'second' })
    await lab.host.mustRun([
      'cp',
      '/var/lib/cni/networks/theirs/10.85.0.3',
      '/var/lib/cni/networks/theirs/10.85.0.128',
    ])
    expect(await usedAddresses(lab, 'theirs')).toEqual(['10.85.0.128', '10.85.0.2', '10.85.0.3'])
    expect(await applyOnNetwork(lab, 'theirs', 'br-theirs', '10.85.0.1')).toBe('10.85.0.129')
  })
})
