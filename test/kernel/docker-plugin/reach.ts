import { expect, test } from '@jest/globals'
import { createPluginNetwork } from '../../lab/neighbour/docker-network.ts'
import { addresses } from '../../lab/topology.ts'
import { answeringContainer, type DockerSite, leftOver } from './docker-site.ts'

const { ip, ip6 } = addresses

/** Tests the reachability contract with containers of a real Docker. */
export const reach = (opened: () => DockerSite): void => {
  test('a published port is reached from each machine, container and address that may use it, and other ports of the container are not', async () => {
    const dockerSite = opened()
    const { lab, docker } = dockerSite
    await createPluginNetwork(docker, 'web', { ipv6: true })
    await createPluginNetwork(docker, 'back')
    const web = await docker.run({
      name: 'web-1',
      network: 'web',
      services: [
        { protocol: 'tcp', port: 80 },
        { protocol: 'udp', port: 80 },
        { protocol: 'sctp', port: 100 },
      ],
      publish: [
        '8080:80',
        '9100:100/sctp',
        '8053:80/udp',
        `${ip.host}:8081:80`,
        `0.0.0.0:8082:80`,
        '127.0.0.1:8083:80',
        '8090:80',
        '8091:80',
        `[${ip6.host}]:8092:80`,
      ],
    })
    const sibling = await docker.run({ name: 'web-2', network: 'web' })
    const other = await docker.run({ name: 'back-1', network: 'back' })
    await lab.outside.listen({ protocol: 'tcp', port: 7000 })

    for (const host of [ip.host, ip.hostSecond, ip6.host])
      for (const from of [lab.client, lab.host, web, sibling]) {
        expect([from.name, host, await answeringContainer(from, host, 8080)]).toEqual([
          from.name,
          host,
          'web-1',
        ])
        expect([from.name, host, await answeringContainer(from, host, 8053, 'udp')]).toEqual([
          from.name,
          host,
          'web-1',
        ])
      }
    for (const host of [ip.host, ip6.host])
      expect(await answeringContainer(lab.client, host, 9100, 'sctp')).toBe('web-1')
    expect(await answeringContainer(other, ip.host, 8080)).toBe('web-1')
    expect(await answeringContainer(lab.client, ip.host, 8090)).toBe('web-1')
    expect(await answeringContainer(lab.client, ip.host, 8091)).toBe('web-1')
    // Published at one host address, at those of one family, or at loopback only.
    expect(await answeringContainer(lab.client, ip.host, 8081)).toBe('web-1')
    expect(await answeringContainer(lab.client, ip.hostSecond, 8081)).toBeNull()
    expect(await answeringContainer(lab.client, ip.host, 8082)).toBe('web-1')
    expect(await answeringContainer(lab.client, ip6.host, 8082)).toBeNull()
    expect(await answeringContainer(lab.host, '127.0.0.1', 8083)).toBe('web-1')
    expect(await answeringContainer(lab.client, ip.host, 8083)).toBeNull()
    // Without published ports: siblings and the host reach the container itself; other networks and machines do not.
    expect(await answeringContainer(sibling, web.address, 80)).toBe('web-1')
    expect(await answeringContainer(lab.host, web.address, 80)).toBe('web-1')
    expect(await answeringContainer(other, web.address, 80)).toBeNull()
    expect(await answeringContainer(lab.neighbour, web.address, 80)).toBeNull()
    expect(await answeringContainer(lab.neighbour, web.address6 ?? '', 80)).toBeNull()
    expect(await web.reach({ protocol: 'tcp', destination: ip.outside, port: 7000 })).toMatchObject({
      delivered: true,
      source: ip.hostOutside,
    })

    // Docker leads the ports of a container on two networks by one of them. When that one is disconnected, they go by
    // the other.
    await docker.api('POST', '/networks/back/connect', { Container: 'web-1' })
    expect(await answeringContainer(lab.client, ip.host, 8080)).toBe('web-1')
    expect(await answeringContainer(lab.client, ip6.host, 8092)).toBe('web-1')
    await docker.api('POST', '/networks/web/disconnect', { Container: 'web-1' })
    expect(await answeringContainer(lab.client, ip.host, 8080)).toBe('web-1')
    // The other network has no IPv6. So only the IPv6 port is closed, and the log says so.
    expect(await answeringContainer(lab.client, ip6.host, 8092)).toBeNull()
    expect(await answeringContainer(sibling, web.address, 80)).toBeNull()

    for (const name of ['web-1', 'web-2', 'back-1']) await docker.remove(name)
    expect(await answeringContainer(lab.client, ip.host, 8080)).toBeNull()
    for (const name of ['web', 'back']) await docker.removeNetwork(name)
    expect(await leftOver(dockerSite)).toBe('')
  })
}
