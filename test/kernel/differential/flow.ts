import type { Packet } from '@portolan/netfilter'
import fc from 'fast-check'
import type { Probe } from '../../lab/probe.ts'
import {
  addressesOf,
  entries,
  type Family,
  isLoopback,
  type MachineName,
  machineNames,
  ports,
} from './scene.ts'
import { one } from './vocabulary.ts'

export interface Flow {
  readonly family: Family
  readonly protocol: 'tcp' | 'udp'
  readonly from: MachineName
  readonly to: string
  readonly port: number
}

/** Flows from every machine to every address but its own. Only the host sends to loopback addresses. */
export const flow: fc.Arbitrary<Flow> = fc
  .tuple(one('ip', 'ip', 'ip6' as const), one(...machineNames))
  .chain(([family, from]) => {
    const own: readonly string[] = from === 'host' ? [] : addressesOf[family][from]
    const targets = machineNames
      .flatMap((name) => addressesOf[family][name])
      .filter((address) => !own.includes(address) && (from === 'host' || !isLoopback(address)))
    const aim = fc.oneof(
      { weight: 2, arbitrary: one(...targets) },
      {
        weight: 1,
        arbitrary: one(...addressesOf[family].host.filter((address) => targets.includes(address))),
      },
    )
    return fc
      .tuple(one('tcp', 'udp' as const), aim, one(...ports))
      .map(([protocol, to, port]) => ({ family, protocol, from, to, port }))
  })

/** The machine that has an address; null: none has it. */
export const ownerOf = (family: Family, address: string): MachineName | null =>
  machineNames.find((name) => addressesOf[family][name].includes(address)) ??
  (isLoopback(address) ? 'host' : null)

/** The flow's first packet, for the evaluator. */
export const packetOf = ({ family, protocol, from, to, port }: Flow, sourcePort: number): Packet => {
  const entry = entries[from]
  return {
    family,
    protocol,
    in: entry?.in ?? null,
    port: entry?.port ?? null,
    source: entry === null ? null : addressesOf[family][from][0],
    sourcePort,
    destination: to,
    destinationPort: port,
  }
}

/** The flow's probe, for the kernel. */
export const probeOf = ({ protocol, to, port }: Flow, sourcePort: number, timeoutMs: number): Probe => ({
  protocol,
  destination: to,
  port,
  sourcePort,
  timeoutMs,
})
