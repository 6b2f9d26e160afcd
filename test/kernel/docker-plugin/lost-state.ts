import { expect, test } from '@jest/globals'
import { fromJson } from '../../from-json.ts'
import { createPluginNetwork, type PluginNetwork } from '../../lab/neighbour/docker-network.ts'
import { addresses } from '../../lab/topology.ts'
import { answeringContainer, type DockerSite, leftOver, refusalOf } from './docker-site.ts'

const { ip } = addresses

/** Removes the content of the state directory. */
const loseState = ['sh', '-c', 'rm -rf /var/lib/portolan 2>/dev/null; ls -A /var/lib/portolan || true']

/** The state directory is lost while the plugin serves, or while it is stopped. */
export const lostState = (opened: () => DockerSite): void => {
  test.each(['serves', 'is stopped'])(
    'after the loss of the state directory while the plugin %s, containers run, end and start',
    async (state) => {
      const dockerSite = opened()
      const { lab, docker, plugin } = dockerSite
      await createPluginNetwork(docker, 'web', { ipv6: true })
      const web1 = { name: 'web-1', network: 'web', publish: ['8080:80'] }
      const first = await docker.run(web1)
      const second = await docker.run({ name: 'web-2', network: 'web', publish: ['8081:80'] })
      const notes = () => lab.host.mustRun(['sh', '-c', 'cat /var/lib/portolan/state-*.json'])
      const before = await notes()
      if (state === 'is stopped') await plugin.stop()
      await lab.host.mustRun(loseState)
      // When dockerd ends a container, it moves the interface back. Its call of Leave may be lost while the plugin is
      // stopped.
      if (state === 'is stopped') {
        await second.ip(
          'link set eth0 down',
          'link set eth0 name vd-gone',
          `link set vd-gone netns ${lab.host.pid}`,
        )
        await plugin.start()
        expect(await lab.host.mustRun(['ip', 'link'])).not.toContain('vd-gone')
        await docker.remove('web-2')
        await docker.run({ name: 'web-2', network: 'web', publish: ['8081:80'] })
      }
      const third = await docker.run({ name: 'web-3', network: 'web', publish: ['8082:80'] })
      // No bridge stores the earlier values of sysctls. The notes keep them only when the plugin runs through the loss.
      if (state === 'serves') expect(await notes()).toBe(before)
      expect([first.address, second.address]).not.toContain(third.address)
      for (const family of ['ip', 'ip6'] as const)
        for (const [port, name] of [
          [8080, 'web-1'],
          [8081, 'web-2'],
          [8082, 'web-3'],
        ] as const)
          expect(await answeringContainer(lab.client, addresses[family].host, port)).toBe(name)
      expect(await answeringContainer(third, first.address, 80)).toBe('web-1')
      await docker.remove('web-2')
      expect(await answeringContainer(lab.client, ip.host, 8081)).toBeNull()
      await docker.run({ name: 'web-4', network: 'web', publish: ['8081:80'] })
      expect(await answeringContainer(lab.client, ip.host, 8081)).toBe('web-4')
      expect(await answeringContainer(lab.client, ip.host, 8080)).toBe('web-1')
      for (const name of ['web-1', 'web-3', 'web-4']) await docker.remove(name)
      await docker.removeNetwork('web')
      expect(await leftOver(dockerSite)).toBe('')
    },
  )

  test.each(['serves', 'is started again'])(
    'after the loss of the state directory, where the plugin %s, no other network gets the subnet of a network',
    async (state) => {
      const dockerSite = opened()
      const { lab, docker, plugin } = dockerSite
      const used = { Subnet: '10.77.0.0/24' }
      const idle = { Subnet: '10.78.0.0/24' }
      await createPluginNetwork(docker, 'used', { config: [used] })
      await createPluginNetwork(docker, 'idle', { config: [idle] })
      await docker.run({ name: 'used-1', network: 'used', publish: ['8080:80'] })
      const bridges = (): Promise<string> =>
        lab.host.mustRun(['sh', '-c', "ip -o -4 addr | awk '$4 ~ /^10[.]7[78][.]/ { print $2, $4 }'"])
      const before = await bridges()
      expect(before.trim().split('\n')).toHaveLength(2)
      if (state === 'is started again') await plugin.stop()
      await lab.host.mustRun(loseState)
      if (state === 'is started again') await plugin.start()
      for (const [ipam, config] of [
        ['default', used],
        ['default', idle],
        ['portolan', used],
        ['portolan', idle],
      ] as const) {
        expect(await refusalOf(createPluginNetwork(docker, 'again', { ipam, config: [config] }))).toContain(
          config.Subnet,
        )
        expect(await bridges()).toBe(before)
        expect(await answeringContainer(lab.client, ip.host, 8080)).toBe('used-1')
      }
      await docker.run({ name: 'idle-1', network: 'idle', publish: ['8081:80'] })
      expect(await answeringContainer(lab.client, ip.host, 8081)).toBe('idle-1')
      for (const name of ['used-1', 'idle-1']) await docker.remove(name)
      for (const name of ['used', 'idle']) await docker.removeNetwork(name)
      expect(await leftOver(dockerSite)).toBe('')
    },
  )

  test.each([
    ['is not found', ''],
    ['is damaged', 'head -c 65536 /dev/zero > $files/local-kv.db'],
  ])(
    'after the loss of the state directory a network without containers stays where the database of Docker %s',
    async (_what, write) => {
      const dockerSite = opened()
      const { lab, docker } = dockerSite
      const config = [{ Subnet: '10.78.0.0/24' }]
      await createPluginNetwork(docker, 'idle', { config })
      const script = (text: string): Promise<string> =>
        lab.host.mustRun(['sh', '-ec', `files=/var/lib/docker/network/files; ${text}`])
      const bridge = (): Promise<string> =>
        script("ip -o -4 addr | awk '$4 ~ /^10[.]78[.]/ { print $2, $4 }'")
      const before = await bridge()
      await lab.host.mustRun(loseState)
      // dockerd keeps its file open and is not affected.
      await script(`ls $files/local-kv.db; mount -t tmpfs tmpfs $files; ${write}`)
      try {
        expect(await refusalOf(createPluginNetwork(docker, 'again', { ipam: 'default', config }))).toContain(
          '10.78.0.0/24',
        )
        expect(await bridge()).toBe(before)
      } finally {
        await script('umount $files')
      }
      await docker.run({ name: 'idle-1', network: 'idle', publish: ['8081:80'] })
      expect(await answeringContainer(lab.client, ip.host, 8081)).toBe('idle-1')
      await docker.remove('idle-1')
      await docker.removeNetwork('idle')
      expect(await leftOver(dockerSite)).toBe('')
    },
  )

  test('after the loss of the state directory the bridges give the options of the networks back, and an option that is lost closes its ports', async () => {
    const dockerSite = opened()
    const { lab, docker, plugin } = dockerSite
    const option = 'com.docker.network.bridge.'
    const nearby = '192.0.2.0/24'
    const created: Readonly<Record<string, PluginNetwork>> = {
      bound: { options: { [`${option}host_binding_ipv4`]: ip.host } },
      open: { options: { 'x-portolan.reachable_from': nearby } },
      // Too many prefixes for the alias of a bridge.
      many: {
        options: {
          'x-portolan.reachable_from': [
            nearby,
            ...Array.from({ length: 20 }, (_, at) => `10.8.${100 + at}.0/24`),
          ].join(','),
        },
      },
      routed: { ipv6: true, options: { [`${option}gateway_mode_ipv4`]: 'routed' } },
      apart: { internal: true, options: { [`${option}gateway_mode_ipv4`]: 'isolated' } },
      // No container is on this network, so only its bridge still has its subnet.
      empty: { internal: true, options: { [`${option}gateway_mode_ipv4`]: 'isolated' } },
    }
    for (const [name, options] of Object.entries(created)) await createPluginNetwork(docker, name, options)
    const start = (network: string, at: number, ...publish: readonly string[]) =>
      docker.run({ name: `${network}-${at}`, network, publish })
    const [, open, many, routed, apart, other] = [
      await start('bound', 1, '8080:80'),
      await start('open', 1),
      await start('many', 1, '8081:80'),
      await start('routed', 1, '8082:80'),
      await start('apart', 1),
      await start('apart', 2),
    ]
    const aliases = async (): Promise<readonly string[]> =>
      fromJson<
        readonly {
          readonly ifalias?: string
        }[]
      >(await lab.host.mustRun(['ip', '-json', 'link']))
        .flatMap(({ ifalias = '' }) =>
          /^portolan .* network=(?!.*endpoint=)/.test(ifalias) ? [ifalias] : [],
        )
        .sort()
    const before = await aliases()
    const expectServed = async (): Promise<void> => {
      expect(await answeringContainer(lab.client, ip.host, 8080)).toBe('bound-1')
      expect(await answeringContainer(lab.client, ip.hostSecond, 8080)).toBeNull()
      expect(await answeringContainer(lab.neighbour, open.address, 80)).toBe('open-1')
      expect(await answeringContainer(lab.neighbour, open.address, 81)).toBeNull()
      expect(await answeringContainer(lab.client, ip.host, 8081)).toBe('many-1')
      expect(await answeringContainer(lab.neighbour, routed.address, 80)).toBe('routed-1')
      expect(await answeringContainer(lab.client, addresses.ip6.host, 8082)).toBe('routed-1')
      expect(await answeringContainer(other, apart.address, 80)).toBe('apart-1')
      expect(await answeringContainer(lab.neighbour, apart.address, 80)).toBeNull()
    }
    await expectServed()
    expect(await answeringContainer(lab.neighbour, many.address, 80)).toBe('many-1')
    await lab.host.mustRun(loseState)
    const linesBefore = plugin.said.length
    // New containers are bound, opened and isolated as before.
    await start('bound', 2, '8090:80')
    await expectServed()
    expect(await answeringContainer(lab.client, ip.host, 8090)).toBe('bound-2')
    expect(await answeringContainer(lab.client, ip.hostSecond, 8090)).toBeNull()
    expect(await answeringContainer(lab.neighbour, (await start('open', 2)).address, 80)).toBe('open-2')
    const third = await start('apart', 3)
    expect(await answeringContainer(third, apart.address, 80)).toBe('apart-1')
    expect(new Set([apart.address, other.address, third.address]).size).toBe(3)
    await start('empty', 1)
    // A setting that the bridge could not store is closed again, and the log says so.
    expect(await answeringContainer(lab.neighbour, many.address, 80)).toBeNull()
    await lab.host.mustRun(loseState)
    await docker.remove('routed-1')
    expect(await answeringContainer(lab.neighbour, routed.address, 80)).toBeNull()
    expect(await answeringContainer(await start('routed', 2, '8082:80'), ip.host, 8080)).toBe('bound-1')
    expect(await answeringContainer(lab.client, addresses.ip6.host, 8082)).toBe('routed-2')
    expect(await aliases()).toEqual(before.map((alias) => alias.replace(' more=from', '')).sort())
    await plugin.stop()
    expect(
      plugin.said
        .slice(linesBefore)
        .join('\n')
        .match(/was too long to be kept on the bridge/g),
    ).toHaveLength(1)
    await plugin.start()
    for (const { Names } of (await docker.api('GET', '/containers/json')) as readonly { Names: string[] }[])
      await docker.remove((Names[0] ?? '').slice(1))
    for (const name of Object.keys(created)) await docker.removeNetwork(name)
    expect(await leftOver(dockerSite)).toBe('')
  })
}
