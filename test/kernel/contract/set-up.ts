import { fileURLToPath } from 'node:url'
import { fromJson } from '../../from-json.ts'
import type { Backend } from '../../lab/backend.ts'
import { carrying } from '../../lab/container.ts'
import type { Lab } from '../../lab/lab.ts'
import { importOpenHost } from '../../lab/library/library.ts'
import type { Machine, Service } from '../../lab/machine.ts'
import { addressOf, type ContainerName, containers, networks } from './scenario.ts'

const everyProtocol = (port: number): readonly Service[] =>
  (['tcp', 'udp', 'sctp'] as const).map((protocol) => ({ protocol, port }))

const containerServices: readonly Service[] = [
  ...[80, 81, 84, 85, 86, 87, 8888, 4999, 5000, 5001, 5002, 5003, 5004].flatMap(everyProtocol),
  { protocol: 'tcp', port: 91, payloadBytes: 200_000 },
]

/**
 * Plugs every container of the scenario into its bridge, as an engine would: without hairpin mode or other settings of
 * Portolan's.
 */
export const startContainers = async (lab: Lab): Promise<void> => {
  await Promise.all(
    (Object.keys(containers) as ContainerName[]).map((name) => {
      const [network] = containers[name]
      const isolated = network === 'island'
      return lab.container({
        name,
        bridge: `pt-${network}`,
        address: `${addressOf(name, 'ip')}/24`,
        address6: `${addressOf(name, 'ip6')}/64`,
        gateway: isolated ? null : addressOf(`gateway of ${network}`, 'ip'),
        gateway6: isolated ? null : addressOf(`gateway of ${network}`, 'ip6'),
        services: containerServices,
      })
    }),
  )
  await Promise.all([...lab.containers.values()].map(prolongNeighbourSearch))
  await addForgedGateway(lab)
  await joinSecondNetwork(lab)
}

/**
 * Where a rule drops neighbour discovery too, the kernel reports a flow as unreachable after three seconds
 * (net/core/neighbour.c, `neigh_invalidate`). On a busy machine that comes before a probe gives up, so the search is
 * made longer.
 */
const prolongNeighbourSearch = async (container: Machine): Promise<void> => {
  for (const family of ['ipv4', 'ipv6'])
    await container.setSysctl(`net.${family}.neigh.eth0.mcast_solicit`, 100)
}

const repository = fileURLToPath(new URL('../../..', import.meta.url))

/** Calls `attachPort` for the ports of `hushed`, as an orchestrator does for every container. */
export const attachPorts = async (lab: Lab, backend: Backend): Promise<void> => {
  const ports = ['v-h1', 'v-h2']
  await lab.host.ip(...ports.map((port) => `link set ${port} nomaster down`))
  const script = `
    ${importOpenHost}
    const host = await openHost({ backend: '${backend}', state: '/run/lab/state' })
    for (const port of ${JSON.stringify(ports)}) await host.attachPort(port, 'hushed')
    await host[Symbol.asyncDispose]()`
  const argv = ['env', '-C', repository, process.execPath, '--input-type=module', '--eval', script]
  await lab.host.mustRun(argv)
  await carrying(lab.host, 'pt-hushed', ...ports)
}

/** Gives `twin` a second network, which has its default route. So it can answer over either network. */
const joinSecondNetwork = async (lab: Lab): Promise<void> => {
  const twin = lab.containers.get('twin')
  if (twin === undefined) throw new Error('the lab has no container twin')
  await lab.host.ip(
    `link add v-twin2 type veth peer name eth1 netns ${twin.pid}`,
    'link set v-twin2 master pt-web up',
  )
  await twin.ip(
    `addr add 172.30.${networks.web}.40/24 dev eth1`,
    `addr add fd00:30:${networks.web}::40/64 dev eth1 nodad`,
    'link set eth1 up',
    `route replace default via ${addressOf('gateway of web', 'ip')}`,
  )
  await twin.mustRun(['ip', '-6', 'route', 'replace', 'default', 'via', addressOf('gateway of web', 'ip6')])
}

/**
 * The bridge of an isolated network has no address, but a MAC address. A container that invents a gateway with this MAC
 * must get no further than others.
 */
const addForgedGateway = async (lab: Lab): Promise<void> => {
  const [bridge] = fromJson<[{ readonly address: string }]>(
    await lab.host.mustRun(['ip', '-j', 'link', 'show', 'pt-island']),
  )
  for (const [family, gateway] of [
    ['-4', `172.30.${networks.island}.1`],
    ['-6', `fd00:30:${networks.island}::1`],
  ] as const) {
    for (const name of ['s1', 's2']) {
      const container = lab.containers.get(name)
      await container?.mustRun([
        'ip',
        family,
        'neigh',
        'add',
        gateway,
        'lladdr',
        bridge.address,
        'dev',
        'eth0',
      ])
      await container?.mustRun(['ip', family, 'route', 'add', 'default', 'via', gateway])
    }
  }
}

/** Starts services on the other machines, and one on the host at a port that is published too. */
export const openServices = async (lab: Lab): Promise<void> => {
  for (const machine of [lab.client, lab.neighbour, lab.outside, lab.distant]) {
    await machine.listen(...everyProtocol(7000))
  }
  await lab.host.listen(
    { protocol: 'tcp', port: 8089 },
    { protocol: 'tcp', port: 8094 },
    { protocol: 'udp', port: 9998 },
    { protocol: 'udp', port: 9999, addresses: ['127.0.0.1'] },
  )
}
