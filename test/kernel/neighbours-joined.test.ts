import { expect, test } from '@jest/globals'
import { type Family, families } from '@portolan/netfilter'
import { type Backend, backends } from '../lab/backend.ts'
import { type Container, carrying } from '../lab/container.ts'
import type { Lab } from '../lab/lab.ts'
import type { Machine } from '../lab/machine.ts'
import { startCni } from '../lab/neighbour/cni.ts'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import { startDocker } from '../lab/neighbour/docker.ts'
import { startLibvirt } from '../lab/neighbour/libvirt.ts'
import { startPodman } from '../lab/neighbour/podman.ts'
import type { Probe } from '../lab/probe.ts'
import { addresses } from '../lab/topology.ts'
import { workerLabs } from '../lab/worker-labs.ts'
import { pilotOf } from './lifecycle/pilot.ts'
import { ourPort, outsidePort } from './neighbours/plan-and-traffic.ts'

const labs = workerLabs()

type Member = Machine & { readonly address: string | null; readonly address6: string | null }

/** A container or guest of an engine, and a second one on the same network where the engine isolates them. */
interface Theirs {
  readonly one: Member
  readonly two?: Member
}

const bridge = 'br-theirs'
const gateway = { ip: '10.77.0.1', ip6: 'fd00:77::1' } as const
const subnet = { ip: '10.77.0.0/24', ip6: 'fd00:77::/64' } as const
const ourAddress = { ip: '10.77.0.200', ip6: 'fd00:77::200' } as const
const services = [
  { protocol: 'tcp', port: 80 },
  { protocol: 'udp', port: 81 },
] as const

const forward = async ({ host }: Lab): Promise<void> => {
  await host.setSysctl('net.ipv4.ip_forward', 1)
  await host.setSysctl('net.ipv6.conf.all.forwarding', 1)
}

const docker = async (lab: Lab, option: string, publish: readonly string[]): Promise<Theirs> => {
  const six = { ipv6: true, 'fixed-cidr-v6': 'fd00:17::/64' }
  const daemon = await startDocker(lab, { 'userland-proxy': false, ...six })
  await forward(lab)
  await daemon.createNetwork({
    ...{ name: 'backend', subnet: subnet.ip, subnet6: subnet.ip6, gateway: gateway.ip, bridge },
    options: { [`com.docker.network.bridge.${option}`]: 'false' },
  })
  const run = (name: string): Promise<Member> =>
    daemon.run({ name, network: 'backend', publish: name === 'one' ? publish : [], services })
  const one = await run('one')
  return option === 'enable_icc' ? { one, two: await run('two') } : { one }
}

const engines: Readonly<Record<string, (lab: Lab) => Promise<Theirs>>> = {
  'libvirt, routed': async (lab) => {
    const daemon = await startLibvirt(lab)
    await daemon.createNetwork({
      ...{ name: 'backend', bridge, forward: 'route' },
      ...{ gateway: `${gateway.ip}/24`, gateway6: `${gateway.ip6}/64` },
    })
    await forward(lab)
    const one = await lab.container({
      ...{ name: 'one', bridge, services, gateway: gateway.ip, gateway6: gateway.ip6 },
      ...{ address: '10.77.0.9/24', address6: 'fd00:77::9/64' },
    })
    return { one }
  },
  'Docker, without masquerading': (lab) => docker(lab, 'enable_ip_masquerade', ['8090:80']),
  'Docker, without icc': (lab) => docker(lab, 'enable_icc', ['8090:80']),
  'Podman with netavark': async (lab) => {
    const engine = await startPodman(lab)
    await engine.createNetwork(
      ...(['backend', '--disable-dns', '--ipv6', `--interface-name=${bridge}`] as const),
      ...[`--subnet=${subnet.ip}`, `--subnet=${subnet.ip6}`],
    )
    return { one: await engine.run({ name: 'one', network: 'backend', publish: ['8090:80'], services }) }
  },
  'CNI, without masquerading': async (lab) => {
    const options = { name: 'backend', bridge, subnet: subnet.ip, subnet6: subnet.ip6 }
    const plugins = await startCni(lab, { ...options, bridgePlugin: { ipMasq: false } })
    await forward(lab)
    return { one: await plugins.run({ name: 'one', publish: ['8090:80'], services }) }
  },
}

const compose = `name: shop
services:
  web:
    networks: { theirs: { ipv4_address: ${ourAddress.ip}, ipv6_address: "${ourAddress.ip6}" } }
    ports: ["${ourPort}:80"]
networks: { theirs: { external: true, name: backend } }
`

/** The machine that answered, and the source address that it saw. A busy machine may answer late. */
const answererAndSource = async (from: Machine, probe: Probe): Promise<string> => {
  const outcome = await from.probe({ ...probe, timeoutMs: 1500 })
  return outcome.delivered ? `${outcome.by} sees ${outcome.source}` : 'no answer'
}

/** All flows to and from the engine's own container. */
const theirTraffic = async (lab: Lab, { one, two }: Theirs): Promise<Readonly<Record<string, string>>> => {
  const asked = families.flatMap((family) => {
    const target = (member: Member): string => (family === 'ip' ? member.address : member.address6) ?? ''
    const to = (destination: string, protocol: Probe['protocol'] = 'tcp', port = 80): Probe => ({
      ...{ protocol, destination, port: protocol === 'icmp' ? 0 : port },
    })
    return [
      ['direct, tcp', lab.neighbour, to(target(one))],
      ['direct, udp', lab.neighbour, to(target(one), 'udp', 81)],
      ['direct, ping', lab.neighbour, to(target(one), 'icmp')],
      ['its published port', lab.client, to(addresses[family].host, 'tcp', 8090)],
      ['from the host', lab.host, to(target(one))],
      ['to the outside', one, to(addresses[family].outside, 'tcp', outsidePort)],
      ['to the outside, ping', one, to(addresses[family].outside, 'icmp')],
      ...(two === undefined
        ? []
        : ([
            ['to its sibling, tcp', one, to(target(two))],
            ['to its sibling, udp', two, to(target(one), 'udp', 81)],
            ['to its sibling, ping', one, to(target(two), 'icmp')],
          ] as const)),
    ].map(async ([what, from, probe]) => {
      const said = await answererAndSource(from as Machine, probe as Probe)
      // The kernel chooses an address of the host as source.
      return [`${family} ${what}`, what === 'from the host' ? said.split(' ')[0] : said] as const
    })
  })
  return Object.fromEntries(await Promise.all(asked)) as Readonly<Record<string, string>>
}

/** All flows to and from Portolan's container. */
const ourTraffic = async (lab: Lab, web: Container, { one }: Theirs): Promise<object> => {
  const ofFamily = async (family: Family): Promise<object> => {
    const { host, outside } = addresses[family]
    const probes: Readonly<Record<string, readonly [Machine, Probe]>> = {
      direct: [lab.neighbour, { protocol: 'tcp', port: 80, destination: ourAddress[family] }],
      udp: [lab.neighbour, { protocol: 'udp', port: 81, destination: ourAddress[family] }],
      ping: [lab.neighbour, { protocol: 'icmp', port: 0, destination: ourAddress[family] }],
      published: [lab.client, { protocol: 'tcp', port: ourPort, destination: host }],
      out: [web, { protocol: 'tcp', port: outsidePort, destination: outside }],
      fromTheirs: [one, { protocol: 'tcp', port: ourPort, destination: host }],
    }
    const said = Object.entries(probes).map(
      async ([what, [from, probe]]) => [what, await answererAndSource(from, probe)] as const,
    )
    return Object.fromEntries(await Promise.all(said))
  }
  const all = families.map(async (family) => [family, await ofFamily(family)] as const)
  return Object.fromEntries(await Promise.all(all))
}

const ourContract = (family: Family): object => ({
  ...{ direct: 'no answer', udp: 'no answer', ping: 'no answer' },
  published: `web sees ${addresses[family].client}`,
  out: `outside sees ${addresses[family].hostOutside}`,
  // Through the host and back to the same bridge.
  fromTheirs: `web sees ${gateway[family]}`,
})

const startOurs = (lab: Lab): Promise<Container> =>
  lab.container({
    ...{ name: 'web', bridge, services, gateway: gateway.ip, gateway6: gateway.ip6 },
    ...{ address: `${ourAddress.ip}/24`, address6: `${ourAddress.ip6}/64` },
  })

/** Two engines are enough for iptables-legacy: they show the routed traffic and the traffic on the bridge. */
const backendsBeside = (engine: string): readonly Backend[] =>
  ['libvirt, routed', 'Docker, without icc'].includes(engine)
    ? backends
    : backends.filter((backend) => backend !== 'iptables-legacy')

describeBeside(
  'containers of another engine on a network that a project joins',
  ['docker', 'podman', 'libvirt', 'cni'],
  () => {
    test.each(
      Object.entries(engines).flatMap(([engine, start]) =>
        backendsBeside(engine).map((backend) => [engine, backend, start] as const),
      ),
    )(
      '%s: their traffic stays as it was, and our container meets its contract, %s',
      async (_engine, backend, start) => {
        await using lab = await labs.open()
        await lab.outside.listen({ protocol: 'tcp', port: outsidePort })
        const theirs = await start(lab)
        const before = await theirTraffic(lab, theirs)
        const pilot = pilotOf(lab, backend)
        await pilot.apply(compose, '--fix')
        expect(await theirTraffic(lab, theirs)).toEqual(before)
        {
          await using web = await startOurs(lab)
          await carrying(lab.host, bridge, web.port)
          // The container's port is left to the engine. Portolan's rules need no change.
          const { changes } = await pilot.plan(compose)
          expect(changes.filter(({ object }) => !object.includes('v-web'))).toEqual([])
          expect(await ourTraffic(lab, web, theirs)).toEqual({
            ip: ourContract('ip'),
            ip6: ourContract('ip6'),
          })
          expect(await theirTraffic(lab, theirs)).toEqual(before)
        }
        await pilot.destroy()
        expect(await theirTraffic(lab, theirs)).toEqual(before)
      },
    )
  },
)
