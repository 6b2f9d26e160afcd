import { expect, test } from '@jest/globals'
import { fromJson } from '../../from-json.ts'
import { createPluginNetwork, subnetsOf } from '../../lab/neighbour/docker-network.ts'
import { addresses } from '../../lab/topology.ts'
import { answeringContainer, type DockerSite, leftOver, refusalOf } from './docker-site.ts'

const { ip } = addresses

interface Link {
  readonly ifname: string
  readonly mtu: number
}

/** The options with which networks may be created. */
export const networks = (opened: () => DockerSite): void => {
  test("networks get subnets from Portolan, from the user or from Docker's IPAM, and their options have effect or are refused", async () => {
    const dockerSite = opened()
    const { lab, docker } = dockerSite
    await createPluginNetwork(docker, 'pooled', { ipamOptions: { pool: '10.77.0.0/16:24' } })
    const pooledSubnet = '10.77.0.0/24'
    expect(await subnetsOf(docker, 'pooled')).toMatchObject([{ Subnet: pooledSubnet, Gateway: '10.77.0.1' }])
    await createPluginNetwork(docker, 'named', {
      config: [
        {
          Subnet: '10.88.0.0/16',
          Gateway: '10.88.5.1',
          IPRange: '10.88.8.0/24',
          AuxiliaryAddresses: { router: '10.88.8.1' },
        },
      ],
      options: { 'com.docker.network.bridge.name': 'br-named', 'com.docker.network.driver.mtu': '1400' },
    })
    await createPluginNetwork(docker, 'dual', {
      ipv6: true,
      config: [
        { Subnet: '10.89.0.0/24', AuxiliaryAddresses: { router: '10.89.0.50' } },
        { Subnet: 'fd89::/64' },
      ],
    })
    await createPluginNetwork(docker, 'theirs', { ipam: 'default', config: [{ Subnet: '10.99.0.0/16' }] })
    await createPluginNetwork(docker, 'bridged', { driver: 'bridge' })

    const named = await docker.run({ name: 'named-1', network: 'named', publish: ['8080:80'] })
    const fixed = await docker.run({ name: 'named-2', network: 'named', address: '10.88.8.9' })
    const theirs = await docker.run({ name: 'theirs-1', network: 'theirs', publish: ['8081:80'] })
    const bridged = await docker.run({ name: 'bridged-1', network: 'bridged', publish: ['8082:80'] })
    expect([named.address, fixed.address, theirs.address]).toEqual(['10.88.8.0', '10.88.8.9', '10.99.0.2'])
    for (const [port, name] of [
      [8080, 'named-1'],
      [8081, 'theirs-1'],
      [8082, 'bridged-1'],
    ] as const)
      expect(await answeringContainer(lab.client, ip.host, port)).toBe(name)
    // An auxiliary address is reserved only in its own family.
    const dual = await docker.run({ name: 'dual-1', network: 'dual' })
    expect([dual.address, dual.address6]).toEqual(['10.89.0.2', 'fd89::2'])
    expect(await refusalOf(docker.run({ name: 'dual-2', network: 'dual', address: '10.89.0.50' }))).toContain(
      '10.89.0.50 of network pool-10.89.0.0-24 is leased',
    )
    const links = fromJson<readonly Link[]>(await lab.host.mustRun(['ip', '-j', 'link']))
    expect(links.find(({ ifname }) => ifname === 'br-named')).toMatchObject({ mtu: 1400 })
    expect(await named.mustRun(['ip', 'link', 'show', 'eth0'])).toContain('mtu 1400')
    expect(bridged.address).not.toBe('')

    // Refused in Portolan's words: a subnet in use, an unknown option, a taken address and a taken port.
    expect(
      await refusalOf(createPluginNetwork(docker, 'again', { config: [{ Subnet: '10.88.0.0/24' }] })),
    ).toContain('the subnet 10.88.0.0/24 overlaps 10.88.0.0/16')
    // Docker's own IPAM does not know the leases of Portolan's.
    const pooled = await docker.run({ name: 'pooled-1', network: 'pooled', publish: ['8083:80'] })
    expect(
      await refusalOf(
        createPluginNetwork(docker, 'again', { ipam: 'default', config: [{ Subnet: pooledSubnet }] }),
      ),
    ).toContain('10.77.0.0/24')
    expect(await answeringContainer(pooled, ip.host, 8083)).toBe('pooled-1')
    expect(
      await refusalOf(
        createPluginNetwork(docker, 'odd', { options: { 'com.docker.network.bridge.enable_ic': '1' } }),
      ),
    ).toContain(
      'portolan: -o com.docker.network.bridge.enable_ic is unknown to this driver: did you mean \\"com.docker.network.bridge.enable_icc\\"?',
    )
    expect(await refusalOf(createPluginNetwork(docker, 'odd', { ipamOptions: { size: 'big' } }))).toContain(
      '--ipam-opt size=big: expected a prefix length from 1 to 32',
    )
    expect(
      await refusalOf(docker.run({ name: 'named-3', network: 'named', address: '10.88.8.9' })),
    ).toContain('10.88.8.9 of network pool-10.88.0.0-16 is leased')
    expect(
      await refusalOf(docker.run({ name: 'named-4', network: 'named', publish: ['8081:80'] })),
    ).toContain('0.0.0.0:8081/tcp is published already')
    for (const name of [
      'pooled-1',
      'named-1',
      'named-2',
      'named-3',
      'named-4',
      'theirs-1',
      'bridged-1',
      'dual-1',
      'dual-2',
    ])
      await docker.remove(name)
    for (const name of ['pooled', 'named', 'theirs', 'bridged', 'dual']) await docker.removeNetwork(name)
    expect(await leftOver(dockerSite)).toBe('')
  })

  test('containers of internal networks have no default route, and containers without icc do not reach each other', async () => {
    const dockerSite = opened()
    const { lab, docker } = dockerSite
    await createPluginNetwork(docker, 'inner', { internal: true })
    await createPluginNetwork(docker, 'apart', {
      options: { 'com.docker.network.bridge.enable_icc': 'false' },
    })
    const [inner, sibling] = [
      await docker.run({ name: 'inner-1', network: 'inner' }),
      await docker.run({ name: 'inner-2', network: 'inner' }),
    ]
    const [one, two] = [
      await docker.run({ name: 'apart-1', network: 'apart', publish: ['8080:80'] }),
      await docker.run({ name: 'apart-2', network: 'apart' }),
    ]
    expect(await answeringContainer(sibling, inner.address, 80)).toBe('inner-1')
    expect(await inner.mustRun(['ip', 'route'])).not.toContain('default')
    expect(await answeringContainer(two, one.address, 80)).toBeNull()
    expect(await answeringContainer(two, ip.host, 8080)).toBe('apart-1')
    expect(await answeringContainer(lab.client, ip.host, 8080)).toBe('apart-1')
    for (const name of ['inner-1', 'inner-2', 'apart-1', 'apart-2']) await docker.remove(name)
    for (const name of ['inner', 'apart']) await docker.removeNetwork(name)
    expect(await leftOver(dockerSite)).toBe('')
  })
}
