import { type HostFacts, parseHostFacts } from '@portolan/netfilter'
import { type Lab, openLab } from '../../lab/lab.ts'
import type { Machine, Service } from '../../lab/machine.ts'
import { addresses } from '../../lab/topology.ts'
import { addNeighbourEntries } from './introduce.ts'

export type Family = 'ip' | 'ip6'

/** The machines of the lab that send and receive flows. */
export const machineNames = ['host', 'client', 'neighbour', 'outside', 'a1', 'a2', 'b1'] as const

export type MachineName = (typeof machineNames)[number]

/** The interfaces at which the packets of each machine enter the host. The host's own packets enter at none. */
export const entries: Readonly<
  Record<MachineName, { readonly in: string; readonly port: string | null } | null>
> = {
  host: null,
  client: { in: 'eth0', port: null },
  neighbour: { in: 'eth0', port: null },
  outside: { in: 'eth1', port: null },
  a1: { in: 'br-a', port: 'v-a1' },
  a2: { in: 'br-a', port: 'v-a2' },
  b1: { in: 'br-b', port: 'v-b1' },
}

export const interfaces: readonly string[] = ['eth0', 'eth1', 'br-a', 'br-b', 'lo']

/** The addresses of each machine. It sends from the first one. */
export const addressesOf: Readonly<
  Record<Family, Readonly<Record<MachineName, readonly [string, ...string[]]>>>
> = {
  ip: {
    host: [
      addresses.ip.host,
      addresses.ip.hostSecond,
      addresses.ip.hostOutside,
      '172.30.1.1',
      '172.30.2.1',
      '127.0.0.1',
    ],
    client: [addresses.ip.client],
    neighbour: [addresses.ip.neighbour],
    outside: [addresses.ip.outside],
    a1: ['172.30.1.10'],
    a2: ['172.30.1.11'],
    b1: ['172.30.2.10'],
  },
  ip6: {
    host: [
      addresses.ip6.host,
      addresses.ip6.hostSecond,
      addresses.ip6.hostOutside,
      'fd00:30:1::1',
      'fd00:30:2::1',
      '::1',
    ],
    client: [addresses.ip6.client],
    neighbour: [addresses.ip6.neighbour],
    outside: [addresses.ip6.outside],
    a1: ['fd00:30:1::10'],
    a2: ['fd00:30:1::11'],
    b1: ['fd00:30:2::10'],
  },
}

export const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1'

/** Every machine listens at all of these ports, so that the machine that a flow reaches answers. */
export const ports = [80, 81, 443, 8080, 8081] as const

/** A routing rule sends packets with this bit in their mark to a table without a way to the outside. */
export const routedMark = 8

const services: readonly Service[] = ports.flatMap((port) => [
  { protocol: 'tcp' as const, port },
  { protocol: 'udp' as const, port },
])

export interface Scene extends AsyncDisposable {
  readonly lab: Lab
  machine(name: MachineName): Machine
  /** The facts that `portolan inspect` reads, with the given bridge-nf-call-iptables and -ip6tables. */
  facts(bridgeNf: 0 | 1): HostFacts
  setBridgeNf(value: 0 | 1): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

const bridges = ['a', 'b'].flatMap((name, at) => [
  `link add br-${name} type bridge`,
  `link set br-${name} up`,
  `addr add 172.30.${at + 1}.1/24 dev br-${name}`,
  `addr add fd00:30:${at + 1}::1/64 dev br-${name} nodad`,
])

/**
 * Makes the machines of one network reach each other through the host, as on a private VLAN. So the host sees both
 * directions of every flow, and no switch decides anything unseen.
 */
const throughHost = async (machine: Machine, family: Family, network: string): Promise<void> => {
  const { host } = addresses[family]
  await machine.ip(`route replace ${host} dev eth0`)
  await machine.ip(`route del ${network} dev eth0`, `route add ${network} via ${host} dev eth0`)
  await machine.ip(`route replace default via ${host} dev eth0`)
  await machine.setSysctl(`net.ipv${family === 'ip' ? 4 : 6}.conf.all.accept_redirects`, 0)
  await machine.setSysctl(`net.ipv${family === 'ip' ? 4 : 6}.conf.eth0.accept_redirects`, 0)
}

const setUp = async (lab: Lab): Promise<void> => {
  const { host } = lab
  await host.ip(...bridges)
  await host.setSysctl('net.ipv4.ip_forward', 1)
  await host.setSysctl('net.ipv6.conf.all.forwarding', 1)
  for (const name of ['all', 'eth0', 'eth1', 'br-a', 'br-b'])
    await host.setSysctl(`net.ipv4.conf.${name}.send_redirects`, 0)
  await host.setSysctl('net.ipv4.conf.br-a.route_localnet', 1)
  for (const [family, network] of [
    ['-4', '198.51.100.0/24'],
    ['-6', '2001:db8:2::/64'],
  ] as const) {
    await host.mustRun(['ip', family, 'rule', 'add', 'fwmark', `${routedMark}/${routedMark}`, 'table', '100'])
    await host.mustRun(['ip', family, 'route', 'add', 'blackhole', network, 'table', '100'])
  }
  for (const machine of [lab.client, lab.neighbour]) {
    await throughHost(machine, 'ip', '192.0.2.0/24')
    await throughHost(machine, 'ip6', '2001:db8:1::/64')
  }
  for (const name of ['a1', 'a2', 'b1'] as const) {
    const network = name === 'b1' ? 2 : 1
    await lab.container({
      name,
      bridge: entries[name]?.in ?? '',
      address: `${addressesOf.ip[name][0]}/24`,
      address6: `${addressesOf.ip6[name][0]}/64`,
      gateway: `172.30.${network}.1`,
      gateway6: `fd00:30:${network}::1`,
      hairpin: name === 'a1',
    })
  }
}

const inspect = async (lab: Lab): Promise<HostFacts> => {
  const { exitCode, stdout, stderr } = await lab.portolan(['inspect'])
  if (exitCode !== 0) throw new Error(`portolan inspect exited ${exitCode}: ${stderr}`)
  return parseHostFacts(stdout, '<portolan inspect>')
}

/** Builds the lab for all rulesets. */
export const openScene = async (): Promise<Scene> => {
  const lab = await openLab({ bridgeNf: 1 })
  try {
    await setUp(lab)
    const { host, client, neighbour, outside } = lab
    const all = new Map<string, Machine>([
      ...Object.entries({ host, client, neighbour, outside }),
      ...lab.containers,
    ])
    for (const machine of all.values()) await machine.listen(...services)
    await addNeighbourEntries(all)
    const setBridgeNf: Scene['setBridgeNf'] = async (value) => {
      for (const tool of ['iptables', 'ip6tables'])
        await host.setSysctl(`net.bridge.bridge-nf-call-${tool}`, value)
    }
    const facts: HostFacts[] = []
    for (const value of [0, 1] as const) {
      await setBridgeNf(value)
      facts.push(await inspect(lab))
    }
    return {
      lab,
      machine(name) {
        const found = all.get(name)
        if (found === undefined) throw new Error(`there is no machine ${name}`)
        return found
      },
      facts: (value) => facts[value] ?? {},
      setBridgeNf,
      [Symbol.asyncDispose]: () => lab[Symbol.asyncDispose](),
    }
  } catch (error) {
    await lab[Symbol.asyncDispose]()
    throw error
  }
}
