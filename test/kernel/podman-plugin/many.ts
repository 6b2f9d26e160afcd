import { expect, test } from '@jest/globals'
import type { Lab } from '../../lab/lab.ts'
import { startPodman } from '../../lab/neighbour/podman.ts'
import { takeSnapshot } from '../../lab/snapshot.ts'
import { addresses } from '../../lab/topology.ts'
import { containerCount, forMany } from '../many-containers.ts'
import { createNetwork, leasedOn, runContainer } from './network.ts'

export const many = (open: () => Promise<Lab>): void => {
  test(
    'many containers that start and end at the same time leave nothing behind',
    async () => {
      const lab = await open()
      const podman = await startPodman(lab)
      const before = await takeSnapshot(lab.host)
      await createNetwork(podman, 'web')
      const names = Array.from({ length: containerCount(5) }, (_, at) => `many-${at}`)
      const started = await forMany(names, (name, at) =>
        runContainer(podman, name, 'web', {
          publish: [`${8100 + at}:80`],
          services: [{ protocol: 'tcp', port: 80 }],
        }),
      )
      expect(new Set(started.map(({ address }) => address)).size).toBe(names.length)
      for (const [at, name] of names.entries())
        expect(
          await lab.client.reach({ protocol: 'tcp', destination: addresses.ip.host, port: 8100 + at }),
        ).toMatchObject({ by: name })
      await forMany(names, (name) => podman.remove(name))
      expect(await leasedOn(lab)).toBe('')
      // Forwarding stays on until `destroy --all`.
      expect(await lab.portolan(['destroy', '--all', '--yes'])).toMatchObject({ exitCode: 0 })
      expect(await takeSnapshot(lab.host)).toEqual(before)
    },
    120_000 + 10_000 * containerCount(0),
  )
}
