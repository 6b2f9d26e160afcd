import { expect, test } from '@jest/globals'
import type { Lab } from '../../lab/lab.ts'
import { startPodman } from '../../lab/neighbour/podman.ts'
import { takeSnapshot } from '../../lab/snapshot.ts'
import { addresses } from '../../lab/topology.ts'
import { createNetwork, runContainer } from './network.ts'

const { ip, ip6 } = addresses

export const severalNetworks = (open: () => Promise<Lab>): void => {
  test('each family of a port leads to a container by the first of its networks that has it', async () => {
    const lab = await open()
    const podman = await startPodman(lab)
    const before = await takeSnapshot(lab.host)
    await createNetwork(podman, 'old')
    await createNetwork(podman, 'new', '--ipv6')
    const reached = async (): Promise<readonly (string | null)[]> => {
      const asked = [
        [ip.host, 8080],
        [ip6.host, 8080],
        [ip6.host, 8092],
      ] as const
      return Promise.all(
        asked.map(async ([destination, port]) => {
          const outcome = await lab.client.probe({ protocol: 'tcp', destination, port })
          return outcome.delivered ? outcome.by : null
        }),
      )
    }
    const publish = ['8080:80', `[${ip6.host}]:8092:80`]
    await runContainer(podman, 'both', 'old', { publish })
    expect(await reached()).toEqual(['both', null, null])
    await podman.command('network', 'connect', 'new', 'both')
    expect(await reached()).toEqual(['both', 'both', 'both'])
    await lab.host.mustRun(['nft', 'flush', 'ruleset'])
    await podman.command('network', 'reload', 'both')
    expect(await reached()).toEqual(['both', 'both', 'both'])
    await podman.command('network', 'disconnect', 'old', 'both')
    expect(await reached()).toEqual(['both', 'both', 'both'])
    await podman.command('network', 'connect', 'old', 'both')
    await podman.command('network', 'disconnect', 'new', 'both')
    expect(await reached()).toEqual(['both', null, null])
    await podman.remove('both')
    // Forwarding stays on until `destroy --all`.
    expect(await lab.portolan(['destroy', '--all', '--yes'])).toMatchObject({ exitCode: 0 })
    expect(await takeSnapshot(lab.host)).toEqual(before)
  }, 120_000)
}
