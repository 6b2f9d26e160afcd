import { expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import { attach, type PlanJson } from '../lab/attach.ts'
import type { Backend } from '../lab/backend.ts'
import type { Container } from '../lab/container.ts'
import type { Lab } from '../lab/lab.ts'
import type { Machine } from '../lab/machine.ts'
import { startCni } from '../lab/neighbour/cni.ts'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import { startDocker } from '../lab/neighbour/docker.ts'
import { useLegacyIptables } from '../lab/neighbour/engine-room.ts'
import { startPodman } from '../lab/neighbour/podman.ts'
import { addresses } from '../lab/topology.ts'
import { workerLabs } from '../lab/worker-labs.ts'
import { pilotOf, shop } from './lifecycle/pilot.ts'
import { expectClosed } from './remedies/closed.ts'
import { families } from './remedies/shop.ts'

const labs = workerLabs()

const theirPort = 8090
const outsidePort = 7000
/** A port of the foreign container that is not published. */
const hiddenPort = 81

/** Portolan's container, which sends all probes. The host's FORWARD policy drops, as Docker sets it. */
const openOurs = async (lab: Lab, backend: Backend): Promise<Container> => {
  for (const program of ['iptables', 'ip6tables'])
    await lab.host.mustRun([backend.replace('iptables', program), '-P', 'FORWARD', 'DROP'])
  await lab.outside.listen({ protocol: 'tcp', port: outsidePort })
  const { stdout } = await pilotOf(lab, backend).apply(shop(), '--force', '--json')
  return attach(lab, fromJson<PlanJson>(stdout), 'nginx')
}

type Theirs = Pick<Container, 'name' | 'address' | 'address6' | 'arrivals'> & Machine

/**
 * Expects that only the published port of the foreign container is reached, and that Portolan's container reaches the
 * outside and is reached.
 */
const expectOnlyPublishedReached = async (
  lab: Lab,
  ours: Container,
  theirs: Theirs,
  when: string,
): Promise<void> => {
  for (const family of families) {
    const destination = family === 'ip' ? theirs.address : theirs.address6
    if (destination === null) continue
    const asked = { protocol: 'tcp', timeoutMs: 3000 } as const
    const { host, outside } = addresses[family]
    const published = { ...asked, destination: host, port: theirPort }
    const ways = {
      published: await ours.probe(published),
      outside: await ours.probe({ ...asked, destination: outside, port: outsidePort }),
      own: await lab.client.probe({ ...asked, destination: host, port: 8080 }),
    }
    expect({ when, family, ...ways }).toMatchObject({
      ...{ when, family },
      // Docker accepts packets to its published ports. For other ports the policy drops.
      published: (await lab.client.probe(published)).delivered ? { by: theirs.name } : { delivered: false },
      outside: { by: 'outside' },
      own: { by: 'nginx' },
    })
    await expectClosed(ours, theirs, { protocol: 'tcp', destination, port: hiddenPort })
  }
}

const options = {
  name: 'theirs',
  publish: [`${theirPort}:80`],
  services: [80, hiddenPort].map((port) => ({ protocol: 'tcp', port }) as const),
}

describeBeside('ports that another engine has not published', ['docker', 'podman', 'cni'], () => {
  test.each(['iptables-nft', 'iptables-legacy'] as const)(
    'stay closed to our containers beside Docker, whichever starts first, and our own traffic passes, %s',
    async (backend) => {
      await using lab = await labs.open()
      if (backend === 'iptables-legacy') await useLegacyIptables(lab)
      const ours = await openOurs(lab, backend)
      const docker = await startDocker(lab, {
        'userland-proxy': false,
        ipv6: true,
        'fixed-cidr-v6': 'fd00:17::/64',
      })
      await expectOnlyPublishedReached(lab, ours, await docker.run(options), 'Docker later')
      await docker.restart()
      const theirs = await docker.enter(options)
      await expectOnlyPublishedReached(lab, ours, theirs, 'Docker restarted')
      await pilotOf(lab, backend).apply(shop())
      await expectOnlyPublishedReached(lab, ours, theirs, 'Docker first')
      // Made after Portolan's rules were written, with a bridge name that shows no owner.
      await docker.createNetwork({ name: 'late', subnet: '172.31.5.0/24', bridge: 'late0' })
      const late = await docker.run({ name: 'late', network: 'late' })
      await expectClosed(ours, late, { protocol: 'tcp', destination: late.address, port: 80 })
    },
  )

  test.each(['podman', 'cni'] as const)(
    'stay closed to our containers beside %s, as the policy of FORWARD drops',
    async (engine) => {
      await using lab = await labs.open()
      const ours = await openOurs(lab, 'iptables-nft')
      const started =
        engine === 'podman'
          ? await startPodman(lab, { driver: 'iptables' })
          : await startCni(lab, { subnet6: 'fd00:85::/64' })
      const theirs = await started.run(options)
      await expectOnlyPublishedReached(lab, ours, theirs, `${engine} later`)
      await pilotOf(lab, 'iptables-nft').apply(shop())
      await expectOnlyPublishedReached(lab, ours, theirs, `${engine} first`)
    },
  )
})

test.each(['iptables-nft', 'iptables-legacy'] as const)(
  'our containers reach the outside through a bridge of the host, though the policy of FORWARD drops, %s',
  async (backend) => {
    await using lab = await labs.open()
    await lab.host.ip('link add br-lan type bridge', 'link set eth1 master br-lan', 'link set br-lan up')
    for (const family of families) {
      const { hostOutside, outside } = addresses[family]
      const length = family === 'ip' ? 24 : 64
      await lab.host.ip(
        `address del ${hostOutside}/${length} dev eth1`,
        `address add ${hostOutside}/${length} dev br-lan nodad`,
        `route add default via ${outside} dev br-lan`,
      )
    }
    const ours = await openOurs(lab, backend)
    for (const family of families)
      expect(
        await ours.reach({ protocol: 'tcp', destination: addresses[family].outside, port: outsidePort }),
      ).toMatchObject({ by: 'outside' })
  },
)
