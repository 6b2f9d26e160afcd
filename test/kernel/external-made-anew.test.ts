import { expect, test } from '@jest/globals'
import type { Container } from '../lab/container.ts'
import type { Lab } from '../lab/lab.ts'
import { addresses } from '../lab/topology.ts'
import { describeLifecycle } from './lifecycle/describe-lifecycle.ts'
import { pilotOf } from './lifecycle/pilot.ts'
import { startWatch } from './lost-state/by-watch.ts'

const textOf = (port: string): string => `name: shop
services: { web: { ports: ["${port}:80"], networks: { theirs: { ipv4_address: 10.77.0.9 } } } }
networks: { theirs: { external: true } }
`

/** Writes a network in Podman's file, in place of an earlier one. */
const writeNetworkFile = async ({ host }: Lab, bridge: string): Promise<void> => {
  const subnet = { subnet: '10.77.0.0/24', gateway: '10.77.0.1' }
  const network = { name: 'theirs', driver: 'bridge', network_interface: bridge, subnets: [subnet] }
  await host.writeText('/run/lab/theirs.json', JSON.stringify(network))
  // By a rename: else the watch might read half of the file.
  const put = 'mkdir -p /run/containers/networks && mv /run/lab/theirs.json /run/containers/networks'
  await host.mustRun(['sh', '-c', put])
}

/** Makes the bridge, as Podman does with the first container. */
const addBridge = ({ host }: Lab, bridge: string): Promise<void> =>
  host.ip(`link add ${bridge} type bridge`, `link set ${bridge} up`, `addr add 10.77.0.1/24 dev ${bridge}`)

const makeNetwork = async (lab: Lab, bridge: string): Promise<void> => {
  await writeNetworkFile(lab, bridge)
  await addBridge(lab, bridge)
}

const plugWeb = (lab: Lab, bridge: string): Promise<Container> =>
  lab.container({
    ...{ name: 'web', bridge, address: '10.77.0.9/24', gateway: '10.77.0.1' },
    services: [{ protocol: 'tcp', port: 80 }],
  })

const remove = (lab: Lab, bridge: string): Promise<string> =>
  lab.host.mustRun(['sh', '-c', `rm /run/containers/networks/theirs.json; ip link delete ${bridge}`])

const reachWeb = (lab: Lab): Promise<unknown> =>
  lab.client.reach({ protocol: 'tcp', destination: addresses.ip.host, port: 8080, timeoutMs: 3000 })

describeLifecycle(
  'portolan watch of a file with an external network that its engine makes again',
  'nftables',
  (open, backend) => {
    test.each([
      ['at one address of the host', `${addresses.ip.host}:8080`],
      ['at every address', '8080'],
    ])(
      'with a port %s, the watch reports the missing network once and follows it to its next bridge',
      async (_where, port) => {
        const lab = await open()
        await makeNetwork(lab, 'br-one')
        const watch = await startWatch(lab, backend, await lab.write('shop.yaml', textOf(port)))
        await remove(lab, 'br-one')
        await watch.next('missing', ({ kind }) => kind === 'failed')
        // Other damage is repaired meanwhile.
        await lab.host.mustRun(['nft', 'flush', 'ruleset'])
        await watch.next('mended', ({ kind }) => kind === 'drift')
        await makeNetwork(lab, 'br-two')
        await watch.next(
          'followed',
          (event) =>
            event.kind === 'drift' && event.changes.some(({ description }) => description.includes('br-two')),
        )
        await using _web = await plugWeb(lab, 'br-two')
        expect(await reachWeb(lab)).toMatchObject({ by: 'web' })
        const events = await watch.events()
        const failures = events.flatMap((event) => (event.kind === 'failed' ? [event.error.message] : []))
        expect(failures).toEqual([expect.stringContaining('theirs is not on this host')])
        // The events after the bridge existed for the first time.
        const eventsAfterStart = events.slice(events.findIndex(({ kind }) => kind === 'watching'))
        const changed = eventsAfterStart.flatMap((event) => (event.kind === 'drift' ? event.changes : []))
        expect(
          changed.filter(({ object }) => object.startsWith('sysctl') && object.includes('br-one')),
        ).toEqual([])
        await watch.stop()
      },
    )
  },
)

describeLifecycle(
  'an external network whose bridge its engine has not made yet',
  'nftables',
  (open, backend) => {
    test('apply makes all but the sysctl of the bridge, and a second apply sets that once the bridge is there', async () => {
      const lab = await open()
      const pilot = pilotOf(lab, backend)
      await writeNetworkFile(lab, 'br-one')
      await pilot.apply(textOf('8080'))
      expect((await pilot.plan(textOf('8080'))).changes).toEqual([])
      await addBridge(lab, 'br-one')
      expect((await pilot.plan(textOf('8080'))).changes.map(({ object }) => object)).toEqual([
        'sysctl net.ipv4.conf.br-one.route_localnet',
      ])
      await pilot.apply(textOf('8080'))
      await using _web = await plugWeb(lab, 'br-one')
      expect(await reachWeb(lab)).toMatchObject({ by: 'web' })
      const loopbackPort = { protocol: 'tcp', destination: addresses.ip.loopback, port: 8080 } as const
      expect(await lab.host.reach(loopbackPort)).toMatchObject({ by: 'web' })
    })
  },
)
