import { expect, test } from '@jest/globals'
import type { Lab } from '../../lab/lab.ts'
import { startPodman } from '../../lab/neighbour/podman.ts'
import { addresses } from '../../lab/topology.ts'
import { createNetwork, leftOn, runContainer } from './network.ts'

/** The state directory is lost while containers run. */
export const lostState = (open: () => Promise<Lab>): void => {
  test('containers start, stop and restart beside running ones after the state directory was lost', async () => {
    const lab = await open()
    const podman = await startPodman(lab)
    await createNetwork(podman, 'web', '--ipv6')
    const serves = async (port: number): Promise<readonly (string | null)[]> =>
      Promise.all(
        (['ip', 'ip6'] as const).map(async (family) => {
          const outcome = await lab.client.probe({
            protocol: 'tcp',
            destination: addresses[family].host,
            port,
          })
          return outcome.delivered ? outcome.by : null
        }),
      )
    const first = await runContainer(podman, 'one', 'web', { publish: ['8080:80'] })
    await runContainer(podman, 'two', 'web', { publish: ['8081:80'] })
    const forget = () => lab.host.mustRun(['sh', '-c', 'rm -rf /var/lib/portolan/*'])
    await forget()
    const third = await runContainer(podman, 'three', 'web', { publish: ['8082:80'] })
    expect(await serves(8080)).toEqual(['one', 'one'])
    expect(await serves(8081)).toEqual(['two', 'two'])
    expect(await serves(8082)).toEqual(['three', 'three'])
    expect(await third.reach({ protocol: 'tcp', destination: first.address, port: 80 })).toMatchObject({
      by: 'one',
    })
    await forget()
    await podman.restart({ name: 'two', network: 'web', services: [{ protocol: 'tcp', port: 80 }] })
    expect(await serves(8081)).toEqual(['two', 'two'])
    expect(await serves(8080)).toEqual(['one', 'one'])
    await forget()
    for (const name of ['one', 'two', 'three']) await podman.remove(name)
    expect(await leftOn(lab)).toBe('')
  }, 120_000)
}
