import type { FlowSource, Packet } from '@portolan/core'
import type { Machine, Service } from '../../lab/machine.ts'
import { addresses } from '../../lab/topology.ts'
import { hostAddresses } from './contract.ts'
import type { Planned } from './planned.ts'
import type { Stage } from './stage.ts'

/** Who sends a witness, and how the contract calls it. */
export interface Sender {
  readonly machine: Machine
  readonly from: FlowSource
  /** Null: the kernel's choice. */
  readonly source: string | null
}

const withLength = (address: string): string => `${address}/${address.includes(':') ? 128 : 32}`

/** Gives a machine one more address, unless it has it. */
const adopt = async (machine: Machine, address: string, device = 'eth0'): Promise<void> => {
  const held = await machine.mustRun(['ip', '-br', 'addr', 'show', 'to', withLength(address)])
  if (held.trim() !== '') return
  const nodad = address.includes(':') ? ' nodad' : ''
  await machine.ip(`addr add ${withLength(address)} dev ${device}${nodad}`)
}

const machines = ['client', 'neighbour', 'outside', 'distant'] as const

/** Another machine behind an interface of the host: one of the lab's, or one that takes the address. */
const behind = async ({ lab }: Stage, device: string, source: string): Promise<Machine> => {
  const known = machines.find((name) =>
    Object.values(addresses)
      .map((places) => places[name] as string)
      .includes(source),
  )
  if (known !== undefined) return lab[known]
  if (device === 'eth0' || device === 'eth1') {
    const machine = device === 'eth0' ? lab.neighbour : lab.outside
    await adopt(machine, source)
    return machine
  }
  const bridges = await lab.host.mustRun(['ip', '-br', 'link', 'show', 'type', 'bridge'])
  if (!new RegExp(`^${device} `, 'm').test(bridges)) throw new Error(`nobody can be put behind ${device}`)
  const name = `on-${device}`
  const there = lab.containers.get(name) ?? (await strangerOn({ lab }, device, name))
  await adopt(there, source)
  return there
}

/** A machine on somebody else's bridge, that sends everything through the host. */
const strangerOn = async ({ lab }: Pick<Stage, 'lab'>, bridge: string, name: string): Promise<Machine> => {
  const [link] = JSON.parse(await lab.host.mustRun(['ip', '-j', 'addr', 'show', 'dev', bridge])) as [
    {
      readonly addr_info: readonly {
        readonly family: string
        readonly local: string
        readonly prefixlen: number
      }[]
    },
  ]
  const machine = await lab.container({ name, bridge })
  for (const { family, local, prefixlen } of link.addr_info.filter(
    ({ local }) => !local.startsWith('fe80:'),
  )) {
    const flag = family === 'inet6' ? '-6' : '-4'
    await machine.mustRun([
      'ip',
      flag,
      'route',
      'replace',
      `${local}/${family === 'inet6' ? 128 : 32}`,
      'dev',
      'eth0',
    ])
    await machine.mustRun(['ip', flag, 'route', 'replace', 'default', 'via', local])
    void prefixlen
  }
  return machine
}

/** The one who sends a packet of this description. */
export const senderOf = async (stage: Stage, planned: Planned, packet: Packet): Promise<Sender> => {
  const { lab } = stage
  const source = packet.source ?? null
  const device = packet.in ?? null
  if (device === null) return { machine: lab.host, from: { kind: 'host', address: source }, source }
  if (source === null) throw new Error(`a packet that comes in by ${device} has no source`)
  const network = planned.networks.find(({ bridge }) => bridge === device)
  if (network === undefined) {
    const machine = await behind(stage, device, source)
    return { machine, from: { kind: 'machine', address: source, interface: device }, source }
  }
  const endpoints = planned.addresses.filter((one) => one.network === network.name)
  const owner = endpoints.find(({ address }) => address === source) ?? endpoints[0]
  const container = owner === undefined ? undefined : lab.containers.get(owner.service)
  if (container === undefined) throw new Error(`no container of ${network.name} can send ${source}`)
  await adopt(container, source)
  return { machine: container, from: { kind: 'container', network: network.name, address: source }, source }
}

/** Sees to it that somebody listens where the packet wants to go, and that it is known how to get there. */
export const openDestination = async (
  { lab }: Stage,
  planned: Planned,
  packet: Packet,
  { machine }: Sender,
): Promise<void> => {
  const { family, destination } = packet
  const service = serviceOf(packet)
  const flag = family === 'ip' ? '-4' : '-6'
  const loopback = family === 'ip' ? destination.startsWith('127.') : destination === '::1'
  if (loopback || hostAddresses(planned, family).includes(destination)) {
    if (machine !== lab.client || loopback) return
    const gateway = addresses[family].host
    if (destination.startsWith(gateway.slice(0, gateway.lastIndexOf(family === 'ip' ? '.' : ':') + 1))) return
    await machine.mustRun(['ip', flag, 'route', 'replace', withLength(destination), 'via', gateway])
    return
  }
  const container = [...lab.containers.values()].find(
    (one) => one.address === destination || one.address6 === destination,
  )
  if (container !== undefined) return listen(container, service)
  const [route] = JSON.parse(await lab.host.mustRun(['ip', flag, '-j', 'route', 'get', destination])) as [
    { readonly dev: string },
  ]
  const owner = route.dev === 'eth0' ? lab.client : route.dev === 'eth1' ? lab.outside : null
  if (owner === null) throw new Error(`nobody can answer at ${destination}, behind ${route.dev}`)
  await adopt(owner, destination)
  await listen(owner, service)
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
