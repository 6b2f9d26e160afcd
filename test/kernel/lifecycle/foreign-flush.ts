import { expect, test } from '@jest/globals'
import { attach, bridgeOf } from '../../lab/attach.ts'
import type { Backend } from '../../lab/backend.ts'
import type { Container } from '../../lab/container.ts'
import type { Lab } from '../../lab/lab.ts'
import { libraryLoader } from '../../lab/library/library.ts'
import { addresses } from '../../lab/topology.ts'
import type { OpenLab } from './describe-lifecycle.ts'
import { inHost, inKeptProcess, roundsInHost } from './in-host.ts'
import { pilotOf, shop } from './pilot.ts'

/** Damage to Portolan's rules by another program, as lines of sh. */
type Damage = readonly [name: string, script: string]

const nftDamages = (bridge: string): readonly Damage[] => [
  ['flush ruleset', 'nft flush ruleset'],
  ['flush table', 'nft flush table inet portolan'],
  ['delete table', 'nft delete table inet portolan'],
  ['flush of the forward chain', 'nft flush chain inet portolan forward'],
  ['flush of a network chain', `nft flush chain inet portolan to_${bridge}`],
  ['flush of nat_output', 'nft flush chain inet portolan nat_output'],
  ['flush of to_network', 'nft flush map inet portolan to_network'],
  ['flush of source_to_network', 'nft flush map inet portolan source_to_network'],
  ['one element of bridges', `nft delete element inet portolan bridges '{ "${bridge}" }'`],
  ['flush of masquerade4', 'nft flush set inet portolan masquerade4'],
  ['deletion of the forward chain', 'nft delete chain inet portolan forward'],
]

const iptablesDamages = (variant: 'nft' | 'legacy', bridge: string): readonly Damage[] => {
  const both = (words: string): string => `iptables-${variant} ${words}; ip6tables-${variant} ${words}`
  const tables = ['mangle', 'filter', 'nat']
  return [
    ...(variant === 'nft' ? [['flush ruleset', 'nft flush ruleset'] as const] : []),
    [
      '-F and -X of every table',
      tables.flatMap((table) => [both(`-t ${table} -F`), both(`-t ${table} -X`)]).join(';'),
    ],
    ['-F of every table', tables.map((table) => both(`-t ${table} -F`)).join(';')],
    ['-F of mangle', both('-t mangle -F')],
    ['-F of nat', both('-t nat -F')],
    ['-F of one chain of ours', both('-t mangle -F PORTOLAN-FORWARD')],
    ['-F of the chain of a network', both(`-t mangle -F PORTOLAN-IN-${bridge}`)],
    ['-F of the sources of a network', both(`-t nat -F PORTOLAN-SRC-${bridge}`)],
    ['one rule of a network', both(`-t mangle -D PORTOLAN-IN-${bridge} 1`)],
    ['a jump', both('-t mangle -F FORWARD')],
    ['a foreign accept in front of a jump', both('-t mangle -I FORWARD 1 -j ACCEPT')],
    ['a foreign accept in front of the jumps of nat', both('-t nat -I PREROUTING 1 -j ACCEPT')],
    [
      'the jumps of nat',
      ['PREROUTING', 'OUTPUT', 'POSTROUTING'].map((chain) => both(`-t nat -F ${chain}`)).join(';'),
    ],
  ]
}

const damagesOf = (backend: Backend, bridge: string): readonly Damage[] =>
  backend === 'nftables'
    ? nftDamages(bridge)
    : iptablesDamages(backend === 'iptables-nft' ? 'nft' : 'legacy', bridge)

interface Traffic {
  /**
   * Whether ports answer: the port published after the damage, the one before it, and the port of the Compose project.
   */
  readonly published: readonly boolean[]
  readonly loopback: boolean
  /** Whether a neighbour with a route reaches unpublished ports of the container. */
  readonly unpublished: readonly boolean[]
  /** The source address of a container's packets, as a machine outside sees it. */
  readonly masqueraded: string | null
}

const expectedTraffic = (ports: readonly number[]): Traffic => ({
  published: ports.map(() => true).flatMap((one) => [one, one]),
  loopback: true,
  unpublished: [false, false],
  masqueraded: addresses.ip.hostOutside,
})

const families = ['ip', 'ip6'] as const

const observe = async (lab: Lab, nginx: Container, ports: readonly number[]): Promise<Traffic> => {
  const tcp = { protocol: 'tcp', timeoutMs: 1500 } as const
  const [published, loopback, unpublished, out] = await Promise.all([
    Promise.all(
      ports.flatMap((port) =>
        families.map((family) => lab.client.probe({ ...tcp, destination: addresses[family].host, port })),
      ),
    ),
    lab.host.probe({ ...tcp, destination: '127.0.0.1', port: ports[0] ?? 0 }),
    Promise.all(
      [nginx.address, nginx.address6].map((address) =>
        lab.neighbour.probe({ protocol: 'tcp', destination: address ?? '', port: 81, timeoutMs: 300 }),
      ),
    ),
    nginx.probe({ ...tcp, destination: addresses.ip.outside, port: 7000 }),
  ])
  return {
    published: published.map(({ delivered }) => delivered),
    loopback: loopback.delivered,
    unpublished: unpublished.map(({ delivered }) => delivered),
    masqueraded: out.delivered ? out.source : null,
  }
}

/** Another program flushes Portolan's rules while a live host is open. The next call of the host restores them all. */
export const foreignFlush = (open: OpenLab, backend: Backend): void => {
  const hostWithShop = async () => {
    const lab = await open()
    const pilot = pilotOf(lab, backend)
    const planned = await pilot.applied(shop())
    await lab.outside.listen({ protocol: 'tcp', port: 7000 })
    const nginx = await attach(lab, planned, 'nginx', {
      services: [
        { protocol: 'tcp', port: 80 },
        { protocol: 'tcp', port: 81 },
      ],
      hairpin: true,
    })
    return { lab, pilot, nginx, bridge: await bridgeOf(lab, 'web') }
  }
  const publishToContainer = (nginx: Container): string => `
    const targets = ${JSON.stringify([nginx.address, nginx.address6])}
    const publish = async (host, hostPort) => {
      for (const address of targets) await host.publish({ hostPort, to: { address, port: 80 } })
    }`

  test('publish restores all rules of the project and its networks after any damage', async () => {
    const { lab, pilot, nginx, bridge } = await hostWithShop()
    const unrestored: Record<string, Traffic> = {}
    const round = roundsInHost(
      lab,
      backend,
      `${publishToContainer(nginx)}
       const round = async ({ script, port }) => {
         const host = await open()
         await publish(host, 9090)
         run('sh', '-ec', script)
         await publish(host, port)
         await host.close()
       }`,
    )
    for (const [index, [name, script]] of damagesOf(backend, bridge).entries()) {
      const port = 9100 + index
      await round({ script, port })
      const ports = [port, 9090, 8080]
      const seen = await observe(lab, nginx, ports)
      if (JSON.stringify(seen) !== JSON.stringify(expectedTraffic(ports))) unrestored[name] = seen
    }
    expect(unrestored).toEqual({})
    expect((await pilot.plan(shop())).changes).toEqual([])
  })

  test('unpublish restores all other ports that were lost, and not the withdrawn one', async () => {
    const { lab, nginx, bridge } = await hostWithShop()
    const round = roundsInHost(
      lab,
      backend,
      `${publishToContainer(nginx)}
       const round = async ({ script }) => {
         const host = await open()
         for (const port of [9090, 9091]) await publish(host, port)
         run('sh', '-ec', script)
         await host.unpublish({ hostPort: 9091 })
         await host.close()
       }`,
    )
    for (const [, script] of damagesOf(backend, bridge).slice(0, 3)) {
      await round({ script })
      const ports = [9090, 8080]
      expect(await observe(lab, nginx, ports)).toEqual(expectedTraffic(ports))
      const gone = await lab.client.probe({ protocol: 'tcp', destination: addresses.ip.host, port: 9091 })
      expect(gone.delivered).toBe(false)
    }
  })

  test('publish does not restore a port that another live host has withdrawn meanwhile', async () => {
    const { lab, nginx } = await hostWithShop()
    const flush =
      backend === 'nftables' ? 'nft flush chain inet portolan forward' : `${backend} -w -t mangle -F`
    const seen = await inKeptProcess(
      lab,
      backend,
      `${publishToContainer(nginx)}
       const host = await open()
       const other = await open({ project: 'other' })
       await publish(host, 9090)
       for (const port of [9091, 9092]) await publish(other, port)
       await publish(host, 9093)
       await other.unpublish({ hostPort: 9091 })
       run('sh', '-ec', ${JSON.stringify(flush)})
       await publish(host, 9094)
       const later = await open({ project: 'other' })
       report([...new Set(later.published().map(({ hostPort }) => hostPort)), await inForce(9090, 9093, 9094)])
       for (const one of [host, other, later]) await one.close()`,
    )
    expect(seen).toEqual([9092, [9090, 9090, 9093, 9093, 9094, 9094]])
  })

  test('a live host that is opened after the flush restores the networks from their bridges before it publishes', async () => {
    const { lab, nginx, bridge } = await hostWithShop()
    const [[, script] = ['', '']] = damagesOf(backend, bridge)
    await lab.host.mustRun(['sh', '-ec', script])
    await inKeptProcess(
      lab,
      backend,
      `${publishToContainer(nginx)}
       const host = await open()
       await publish(host, 9090)
       await host.close()
       report(null)`,
    )
    expect(await observe(lab, nginx, [9090])).toEqual(expectedTraffic([9090]))
  })

  test('publish does not write our rules again after a foreign change elsewhere', async () => {
    const { lab, nginx } = await hostWithShop()
    const foreign = {
      nftables: 'nft add table ip foreign',
      'iptables-nft': 'iptables-nft -A INPUT -j ACCEPT',
      'iptables-legacy': 'iptables-legacy -A INPUT -j ACCEPT',
    }
    const seen = await inHost(
      lab,
      backend,
      `import { host as ofHost } from '${libraryLoader}'
       ${publishToContainer(nginx)}
       const written = []
       const runner = { run: (program, args, options = {}) => {
         if (program.endsWith('-restore')) written.push(options.input ?? '')
         return ofHost.createRunner().run(program, args, options)
       } }
       const handles = () => run('sh', '-ec', 'nft -a list table inet portolan 2>/dev/null | grep -o "chain .* handle .*" || true')
       // Rules of nftables are written over netlink. There chains that are made again get new handles.
       const host = await open(${backend === 'nftables' ? '' : '{ runner }'})
       await publish(host, 9090)
       const before = handles()
       run('sh', '-ec', ${JSON.stringify(foreign[backend])})
       written.length = 0
       await publish(host, 9091)
       const with9091 = written.filter((text) => text.includes('9091'))
       report({
         areChainsSame: before === handles(),
         isWritten: ${backend === 'nftables'} || with9091.length > 0,
         writtenAgain: written.filter((text) => text.includes('9090')),
         published: await inForce(9090, 9091),
       })
       await host.close()`,
    )
    expect(seen).toEqual({
      areChainsSame: true,
      isWritten: true,
      writtenAgain: [],
      published: [9090, 9090, 9091, 9091],
    })
  })
}
