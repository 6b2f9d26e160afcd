import { expect, test } from '@jest/globals'
import { fromJson } from '../../from-json.ts'
import { createPluginNetwork } from '../../lab/neighbour/docker-network.ts'
import { addresses } from '../../lab/topology.ts'
import { containerCount, forMany } from '../many-containers.ts'
import { answeringContainer, type DockerSite, leftOver } from './docker-site.ts'

const { ip } = addresses

/** Things that end and come back: dockerd, the plugin, containers, the machine. */
export const endings = (opened: () => DockerSite): void => {
  test('running containers stay reachable while dockerd and the plugin are stopped and restarted', async () => {
    const dockerSite = opened()
    const { lab, docker, plugin } = dockerSite
    await createPluginNetwork(docker, 'web')
    await docker.run({ name: 'web-1', network: 'web', publish: ['8080:80'] })
    const webAnswering = (): Promise<string | null> => answeringContainer(lab.client, ip.host, 8080)
    expect(await plugin.stop()).toBe(0)
    expect(await webAnswering()).toBe('web-1')
    await plugin.start()
    // With live-restore dockerd does not call the plugin for running containers.
    await docker.restart()
    expect(await webAnswering()).toBe('web-1')
    await plugin.stop('SIGKILL')
    await plugin.start()
    const web = await docker.run({ name: 'web-2', network: 'web', publish: ['8081:80'] })
    expect(await answeringContainer(lab.client, ip.host, 8081)).toBe('web-2')
    expect(await answeringContainer(web, ip.host, 8080)).toBe('web-1')
    for (const name of ['web-1', 'web-2']) await docker.remove(name)
    await docker.removeNetwork('web')
    expect(await leftOver(dockerSite)).toBe('')
  })

  test('portolan watch beside the plugin keeps and restores the rules with the backend of dockerd', async () => {
    const dockerSite = opened()
    const { lab, docker } = dockerSite
    await createPluginNetwork(docker, 'web')
    await docker.run({ name: 'web-1', network: 'web', publish: ['8080:80'] })
    const webAnswering = (): Promise<string | null> => answeringContainer(lab.client, ip.host, 8080)
    const watchOnce = async (): Promise<string> => {
      await lab.host.mustRun([...lab.command, 'watch', '-p', 'docker', '--once'])
      expect(await webAnswering()).toBe('web-1')
      return lab.host.mustRun(['nft', 'list', 'tables'])
    }
    expect(await webAnswering()).toBe('web-1')
    expect(await watchOnce()).not.toContain('inet portolan')
    // As after a boot, when the watch starts before the plugin.
    await lab.host.mustRun(['sh', '-c', 'iptables-nft-save | sed "/PORTOLAN/d" | iptables-nft-restore'])
    expect(await webAnswering()).toBeNull()
    expect(await watchOnce()).not.toContain('inet portolan')
    await docker.remove('web-1')
    await docker.removeNetwork('web')
    expect(await leftOver(dockerSite)).toBe('')
  })

  test('after a boot the plugin restores the networks, and dockerd starts its containers', async () => {
    const dockerSite = opened()
    const { lab, docker, plugin } = dockerSite
    await createPluginNetwork(docker, 'web', { ipv6: true })
    await docker.run({ name: 'web-1', network: 'web', publish: ['8080:80'] })
    const settings = fromJson<object>(await lab.host.readText('/etc/docker/daemon.json'))
    await lab.host.writeText(
      '/etc/docker/daemon.json',
      JSON.stringify({ ...settings, 'live-restore': false }),
    )
    await docker.stop()
    await plugin.stop('SIGKILL')
    // Removes what a boot removes: links, rules and sysctls.
    await lab.host.mustRun([
      'sh',
      '-ec',
      'for link in $(ip -o link | grep -oE "(ve|br)-[a-z0-9-]+"); do ip link del $link 2>/dev/null || true; done; nft flush ruleset; sysctl -qw net.ipv4.ip_forward=0',
    ])
    await plugin.start()
    await docker.start()
    await docker.enter({ name: 'web-1', network: 'web' })
    for (const host of [ip.host, addresses.ip6.host])
      expect(await answeringContainer(lab.client, host, 8080)).toBe('web-1')
    await docker.remove('web-1')
    await docker.removeNetwork('web')
    expect(await leftOver(dockerSite)).toBe('')
  })

  test(
    'many containers that start and end at once leave nothing',
    async () => {
      const dockerSite = opened()
      const { lab, docker } = dockerSite
      await createPluginNetwork(docker, 'web')
      const names = Array.from({ length: containerCount(8) }, (_, at) => `many-${at}`)
      const many = await forMany(names, (name, at) =>
        docker.run({ name, network: 'web', publish: [`${8100 + at}:80`] }),
      )
      expect(new Set(many.map(({ address }) => address)).size).toBe(names.length)
      for (const [at, name] of names.entries())
        expect(await answeringContainer(lab.client, ip.host, 8100 + at)).toBe(name)
      await forMany(names, (name) => docker.remove(name))
      await docker.removeNetwork('web')
      expect(await leftOver(dockerSite)).toBe('')
    },
    120_000 + 10_000 * containerCount(0),
  )
}
