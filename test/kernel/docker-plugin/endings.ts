import { expect, test } from '@jest/globals'
import { createPluginNetwork } from '../../lab/neighbour/docker-network.ts'
import { addresses } from '../../lab/topology.ts'
import { answers, type Here, leftOver } from './here.ts'

const { ip } = addresses

/** What ends, and comes again. */
export const endings = (opened: () => Here): void => {
  test('dockerd and the plugin are restarted, and containers that run notice nothing', async () => {
    const here = opened()
    const { lab, docker, plugin } = here
    await createPluginNetwork(docker, 'web')
    await docker.run({ name: 'web-1', network: 'web', publish: ['8080:80'] })
    const served = (): Promise<string | null> => answers(lab.client, ip.host, 8080)
    expect(await plugin.stop()).toBe(0)
    expect(await served()).toBe('web-1')
    await plugin.start()
    // With live-restore dockerd asks for nothing again.
    await docker.restart()
    expect(await served()).toBe('web-1')
    await plugin.stop('SIGKILL')
    await plugin.start()
    const web = await docker.run({ name: 'web-2', network: 'web', publish: ['8081:80'] })
    expect(await answers(lab.client, ip.host, 8081)).toBe('web-2')
    expect(await answers(web, ip.host, 8080)).toBe('web-1')
    for (const name of ['web-1', 'web-2']) await docker.remove(name)
    await docker.removeNetwork('web')
    expect(await leftOver(here)).toBe('')
  }, 60_000)
}
