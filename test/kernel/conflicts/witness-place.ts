import type { FlowSource } from '@portolan/core'
import { type Packet, prefixContains } from '@portolan/netfilter'
import { fromJson } from '../../from-json.ts'
import type { Container } from '../../lab/container.ts'
import type { Machine, Service } from '../../lab/machine.ts'
import { addresses } from '../../lab/topology.ts'
import type { Planned } from './planned.ts'
import type { Stage } from './stage.ts'

/** The machine that sends a witness, and its name in the contract. */
export interface Sender {
  readonly machine: Machine
  readonly from: FlowSource
  /** Null: the kernel chooses the source. */
  readonly source: string | null
}

const withLength = (address: string): string => `${address}/${address.includes(':') ? 128 : 32}`

/** Gives a machine an address, unless it has it already. */
const addAddress = async (machine: Machine, address: string, device = 'eth0'): Promise<void> => {
  const held = await machine.mustRun(['ip', '-br', 'addr', 'show', 'to', withLength(address)])
  if (held.trim() !== '') return
  // Deprecated (preferred_lft 0), so that the kernel never chooses this address as a source by itself.
  const flags = address.includes(':') ? ' nodad preferred_lft 0' : ''
  await machine.ip(`addr add ${withLength(address)} dev ${device}${flags}`)
}

const machines = ['client', 'neighbour', 'outside', 'distant'] as const

const containerWith = ({ lab }: Stage, address: string): Container | undefined =>
  [...lab.containers.values()].find((one) => one.address === address || one.address6 === address)

/** A machine behind an interface of the host that has this address, or gets it. */
const machineBehind = async (stage: Stage, device: string, address: string): Promise<Machine> => {
  const { lab } = stage
  const known = machines.find((name) =>
    Object.values(addresses)
      .map((places) => places[name] as string)
      .includes(address),
  )
  if (known !== undefined) return lab[known]
  const held = containerWith(stage, address)
  if (held !== undefined) return held
  const name = `on-${device}`
  const machine =
    device === 'eth0' || (await isAboveFirstNetwork(stage, device))
      ? lab.neighbour
      : device === 'eth1'
        ? lab.outside
        : (lab.containers.get(name) ?? (await machineOnBridge(stage, device, name)))
  await addAddress(machine, address)
  return machine
}

/** True: eth0 is a port of this bridge, so the machines of the first network are behind it. */
const isAboveFirstNetwork = async ({ lab }: Stage, bridge: string): Promise<boolean> =>
  (await lab.host.mustRun(['ip', '-br', 'link', 'show', 'eth0', 'master', bridge])).trim() !== ''

/** A machine on a foreign bridge that sends all its packets through the host. */
const machineOnBridge = async ({ lab }: Stage, bridge: string, name: string): Promise<Machine> => {
  const bridges = await lab.host.mustRun(['ip', '-br', 'link', 'show', 'type', 'bridge'])
  if (!new RegExp(`^${bridge} `, 'm').test(bridges)) throw new Error(`no machine can be put behind ${bridge}`)
  const machine = await lab.container({ name, bridge })
  const held = await lab.host.mustRun(['ip', '-br', 'addr', 'show', 'dev', bridge, 'scope', 'global'])
  for (const [, local = ''] of held.matchAll(/ ([0-9a-f.:]+)\//g)) {
    const six = local.includes(':')
    const ip = (...words: readonly string[]) =>
      machine.mustRun(['ip', six ? '-6' : '-4', 'route', 'replace', ...words])
    await ip(withLength(local), 'dev', 'eth0')
    await ip('default', 'via', local)
  }
  return machine
}

/** The machine that sends such a packet. */
export const senderOf = async (stage: Stage, planned: Planned, packet: Packet): Promise<Sender> => {
  const { lab } = stage
  const source = packet.source ?? null
  const device = packet.in ?? null
  if (device === null) return { machine: lab.host, from: { kind: 'host', address: source }, source }
  if (source === null) throw new Error(`a packet that comes in by ${device} has no source`)
  const network = planned.networks.find(({ bridge }) => bridge === device)
  if (network === undefined) {
    const machine = await machineBehind(stage, device, source)
    return { machine, from: { kind: 'machine', address: source, interface: device }, source }
  }
  const endpoints = planned.addresses.filter((one) => one.network === network.name)
  const owner = endpoints.find(({ address }) => address === source) ?? endpoints[0]
  const container = owner === undefined ? undefined : lab.containers.get(owner.service)
  if (container === undefined) throw new Error(`no container of ${network.name} can send ${source}`)
  await addAddress(container, source)
  return { machine: container, from: { kind: 'container', network: network.name, address: source }, source }
}

/** Starts a service at the packet's destination, and gives the sender a route to it. */
export const openDestination = async (
  stage: Stage,
  planned: Planned,
  packet: Packet,
  { machine }: Sender,
): Promise<void> => {
  const { lab } = stage
  const { family, destination } = packet
  const service = serviceOf(packet)
  const flag = family === 'ip' ? '-4' : '-6'
  const loopback = family === 'ip' ? destination.startsWith('127.') : destination === '::1'
  if (loopback || planned.hostAddresses.includes(destination)) {
    if (machine !== lab.client || loopback) return
    const gateway = addresses[family].host
    if (destination.startsWith(gateway.slice(0, gateway.lastIndexOf(family === 'ip' ? '.' : ':') + 1))) return
    await machine.mustRun(['ip', flag, 'route', 'replace', withLength(destination), 'via', gateway])
    return
  }
  const container = containerWith(stage, destination)
  if (container !== undefined) return listen(container, service)
  const inside = planned.networks.find((network) => {
    const subnet = network[family]?.subnet
    return subnet !== undefined && prefixContains(subnet, destination)
  })
  if (inside !== undefined) {
    const sibling = planned.addresses
      .filter((one) => one.network === inside.name)
      .map(({ service: name }) => lab.containers.get(name))
      .find((one) => one !== undefined && one.pid !== machine.pid)
    const name = `in-${inside.name}`
    const receiver =
      sibling ?? lab.containers.get(name) ?? (await machineOnBridge(stage, inside.bridge, name))
    await addAddress(receiver, destination)
    return listen(receiver, service)
  }
  const [route] = fromJson<[{ readonly dev: string }]>(
    await lab.host.mustRun(['ip', flag, '-j', 'route', 'get', destination]),
  )
  await listen(await machineBehind(stage, route.dev, destination), service)
}

const listen = async (machine: Machine, service: Service): Promise<void> => {
  await machine.listen(service).catch((error: unknown) => {
    if (!String(error).includes('Address already in use')) throw error
  })
}

const protocols = { tcp: 'tcp', udp: 'udp', sctp: 'sctp', 6: 'tcp', 17: 'udp', 132: 'sctp' } as const

export const serviceOf = ({ protocol, destinationPort }: Packet): Service => {
  const name = Object.entries(protocols).find(([key]) => key === String(protocol))?.[1]
  if (name === undefined || destinationPort == null) {
    throw new Error(`no way to send a packet of protocol ${protocol}, port ${destinationPort}`)
  }
  return { protocol: name, port: destinationPort }
}
