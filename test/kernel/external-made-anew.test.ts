import { expect, test } from '@jest/globals'
import type { Lab } from '../lab/lab.ts'
import { addresses } from '../lab/topology.ts'
import { describeLifecycle } from './lifecycle/describe-lifecycle.ts'
import { startWatch } from './lost-state/by-watch.ts'

const textOf = (port: string): string => `name: shop
services: { web: { ports: ["${port}:80"], networks: { theirs: { ipv4_address: 10.77.0.9 } } } }
networks: { theirs: { external: true } }
`

/** A network as Podman has it, in the place of one before. */
const make = async ({ host }: Lab, bridge: string): Promise<void> => {
  const subnet = { subnet: '10.77.0.0/24', gateway: '10.77.0.1' }
  const network = { name: 'theirs', driver: 'bridge', network_interface: bridge, subnets: [subnet] }
  await host.mustRun(['mkdir', '-p', '/run/containers/networks'])
  await host.writeText('/run/containers/networks/theirs.json', JSON.stringify(network))
  await host.ip(
    `link add ${bridge} type bridge`,
    `link set ${bridge} up`,
    `addr add 10.77.0.1/24 dev ${bridge}`,
  )
}

const remove = (lab: Lab, bridge: string): Promise<string> =>
  lab.host.mustRun(['sh', '-c', `rm /run/containers/networks/theirs.json; ip link delete ${bridge}`])

const served = (lab: Lab): Promise<unknown> =>
  lab.client.reach({ protocol: 'tcp', destination: addresses.ip.host, port: 8080, timeoutMs: 3000 })

describeLifecycle(
  'an external network that its engine makes anew under a watch of a file',
  'nftables',
  (open, backend) => {
    test.each([
      ['at one address of the host', `${addresses.ip.host}:8080`],
      ['at every address', '8080'],
    ])(
      'is followed to its next bridge, and its absence is told once, with a port %s',
      async (_where, port) => {
        const lab = await open()
        await make(lab, 'br-one')
        const watch = await startWatch(lab, backend, await lab.write('shop.yaml', textOf(port)))
        await remove(lab, 'br-one')
        await watch.next('missing', ({ kind }) => kind === 'failed')
        // What else is amiss is mended meanwhile.
        await lab.host.mustRun(['nft', 'flush', 'ruleset'])
        await watch.next('mended', ({ kind }) => kind === 'drift')
        await make(lab, 'br-two')
        await watch.next(
          'followed',
          (event) =>
            event.kind === 'drift' && event.changes.some(({ description }) => description.includes('br-two')),
        )
        await using _web = await lab.container({
          ...{ name: 'web', bridge: 'br-two', address: '10.77.0.9/24', gateway: '10.77.0.1' },
          services: [{ protocol: 'tcp', port: 80 }],
        })
        expect(await served(lab)).toMatchObject({ by: 'web' })
        const events = await watch.events()
        const told = events.flatMap((event) => (event.kind === 'failed' ? [event.error.message] : []))
        expect(told).toEqual([expect.stringContaining('theirs is not on this host')])
        // After the bridge was there at first.
        const since = events.slice(events.findIndex(({ kind }) => kind === 'watching'))
        const changed = since.flatMap((event) => (event.kind === 'drift' ? event.changes : []))
        expect(
          changed.filter(({ object }) => object.startsWith('sysctl') && object.includes('br-one')),
        ).toEqual([])
        await watch.stop()
      },
    )
  },
)
