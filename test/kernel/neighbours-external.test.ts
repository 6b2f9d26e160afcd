import { expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import { type Container, carrying } from '../lab/container.ts'
import type { Lab } from '../lab/lab.ts'
import type { Machine } from '../lab/machine.ts'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import { startDocker } from '../lab/neighbour/docker.ts'
import { startLibvirt } from '../lab/neighbour/libvirt.ts'
import { startPodman } from '../lab/neighbour/podman.ts'
import { addresses } from '../lab/topology.ts'
import { workerLabs } from '../lab/worker-labs.ts'
import { mustSucceed, pilotOf } from './lifecycle/pilot.ts'
import {
  expectPlanToAgree,
  type FamilyTraffic,
  ourPort,
  outsidePort,
  type PlanOutput,
  traffic,
} from './neighbours/plan-and-traffic.ts'

const labs = workerLabs()

/** An engine with a network that a project of Portolan's joins. */
interface Joined {
  readonly name: string
  readonly gateway: string
  /** One of the engine's own containers or guests on that network, with a service on TCP port 80. */
  readonly theirs: Machine & { readonly address: string | null }
  readonly renew: () => Promise<void>
}

const bridge = 'br-theirs'

const docker = async (lab: Lab): Promise<Joined> => {
  const daemon = await startDocker(lab, { 'userland-proxy': false, 'live-restore': true })
  await daemon.createNetwork({ name: 'backend', subnet: '10.77.0.0/24', gateway: '10.77.0.1', bridge })
  const theirs = await daemon.run({ name: 'theirs', network: 'backend', publish: ['8090:80'] })
  return { name: 'backend', gateway: '10.77.0.1', theirs, renew: () => daemon.restart() }
}

const podman = async (lab: Lab): Promise<Joined> => {
  const engine = await startPodman(lab)
  await engine.createNetwork(
    'backend',
    '--disable-dns',
    '--subnet=10.77.0.0/24',
    `--interface-name=${bridge}`,
  )
  const theirs = await engine.run({ name: 'theirs', network: 'backend', publish: ['8090:80'] })
  return { name: 'backend', gateway: '10.77.0.1', theirs, renew: () => engine.reload() }
}

const libvirt = async (lab: Lab): Promise<Joined> => {
  const daemon = await startLibvirt(lab)
  await daemon.createNetwork({ name: 'backend', bridge, gateway: '10.77.0.1/24' })
  const theirs = await lab.container({
    name: 'theirs',
    bridge,
    address: '10.77.0.9/24',
    gateway: '10.77.0.1',
    services: [{ protocol: 'tcp', port: 80 }],
  })
  return { name: 'backend', gateway: '10.77.0.1', theirs, renew: () => daemon.reload() }
}

const engines = { docker, podman, libvirt } as const

const compose = (name: string): string => `name: shop
services:
  web: { networks: [theirs], ports: ["${ourPort}:80"] }
networks: { theirs: { external: true, name: ${name} } }
`

/** The engine's state: its rules (a restart may change their order), and all settings of its bridge. */
const stateOf = async ({ host }: Lab): Promise<string> => {
  const rules = await host.mustRun(['sh', '-c', 'iptables-save; ip6tables-save; nft list ruleset'])
  const link = await host.mustRun(['ip', '-d', 'link', 'show', 'dev', bridge])
  const own = await host.mustRun(['ip', 'address', 'show', 'dev', bridge])
  return `${rules}\n${link}\n${own}`
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\[\d+:\d+\]|counter packets \d+ bytes \d+|(_timer|fdb_n_learned) +\S+/g, '')
    .split('\n')
    .map((line) => line.trim())
    .toSorted()
    .join('\n')
}

const onPort80 = { protocol: 'tcp', port: 80, timeoutMs: 2000 } as const

describeBeside('a project on a network of another engine,', ['docker', 'podman', 'libvirt'], () => {
  test.each([
    ['docker', 'nftables'],
    ['docker', 'iptables-nft'],
    ['docker', 'iptables-legacy'],
    ['podman', 'nftables'],
    ['podman', 'iptables-nft'],
    ['libvirt', 'nftables'],
    ['libvirt', 'iptables-nft'],
  ] as const)(
    '%s: it works or has a conflict, and destroy leaves the network as it was, %s',
    async (engine, backend) => {
      await using lab = await labs.open()
      await lab.outside.listen({ protocol: 'tcp', port: outsidePort })
      const joined = await engines[engine](lab)
      const pilot = pilotOf(lab, backend)
      const before = await stateOf(lab)
      const { stdout } = await pilot.apply(compose(joined.name), '--fix', '--force', '--json')
      const [own] = fromJson<PlanOutput>(stdout).addresses
      {
        await using web = await lab.container({
          name: 'web',
          bridge,
          address: `${own?.address}/24`,
          gateway: joined.gateway,
          services: [{ protocol: 'tcp', port: 80 }],
        })
        const works = await trafficOnceUp(lab, web)
        expectPlanToAgree(works, (await pilot.plan(compose(joined.name))) as unknown as PlanOutput)
        // libvirt rejects packets to its guests.
        expect({ engine, ...works.ip }).toEqual({ engine, port: engine !== 'libvirt', out: true })
        expect(await web.reach({ ...onPort80, destination: joined.theirs.address ?? '' })).toMatchObject({
          by: 'theirs',
        })
        expect(await joined.theirs.reach({ ...onPort80, destination: web.address ?? '' })).toMatchObject({
          by: 'web',
        })
        await joined.renew()
        expectPlanToAgree(
          await trafficOnceUp(lab, web),
          (await pilot.plan(compose(joined.name))) as unknown as PlanOutput,
        )
      }
      mustSucceed('destroy', await pilot.destroy())
      await lab.host.run(['ip', 'link', 'del', 'v-web'])
      expect(await stateOf(lab)).toBe(before)
      if (engine === 'libvirt') return
      const theirs = { ...onPort80, destination: addresses.ip.host, port: 8090 }
      expect(await lab.client.reach(theirs)).toMatchObject({ by: 'theirs' })
    },
  )

  test('libvirt on a bridge of the host: the network is found by its name, and plan says what to do while the bridge is missing', async () => {
    await using lab = await labs.open()
    const { virsh } = await startLibvirt(lab)
    const file = await lab.write(
      'lan.xml',
      `<network><name>lan</name><forward mode='bridge'/><bridge name='${bridge}'/></network>`,
    )
    await virsh('net-define', file)
    const pilot = pilotOf(lab, 'nftables')
    const planned = await pilot.run('plan', compose('lan'))
    expect(planned.exitCode).toBe(1)
    expect(planned.stderr).toContain(
      `on bridge ${bridge}, which is not on this host. Create that bridge first`,
    )
    // After the remedy of the message is carried out, it works.
    await lab.host.ip(
      `link add ${bridge} type bridge`,
      `link set ${bridge} up`,
      `addr add 10.77.0.1/24 dev ${bridge}`,
    )
    const { stdout } = await pilot.apply(compose('lan'), '--json')
    expect(fromJson<PlanOutput>(stdout).addresses).toMatchObject([
      { address: expect.stringMatching(/^10\.77\.0\./) },
    ])
  })
})

/** The traffic of the container, once the bridge forwards packets of its port. */
const trafficOnceUp = async (lab: Lab, web: Container): Promise<FamilyTraffic> => {
  await carrying(lab.host, bridge, web.port)
  return traffic(lab, web)
}
