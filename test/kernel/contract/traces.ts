import { type Family, familyOf } from '@portolan/netfilter'
import { fromJson } from '../../from-json.ts'
import { buildFrame } from '../../lab/frame.ts'
import type { Lab } from '../../lab/lab.ts'
import type { Machine } from '../../lab/machine.ts'
import { caughtUp } from '../../lab/probe-until-silence.ts'
import { until } from '../../lab/until.ts'
import { addressOf, type Place } from './scenario.ts'

export const macOf = async (machine: Machine, device: string): Promise<string> => {
  const [link] = fromJson<[{ readonly address: string }]>(
    await machine.mustRun(['ip', '-j', 'link', 'show', device]),
  )
  return link.address
}

// Lower than the ports that single tests choose and that machines choose by themselves.
let lastFlow = 10_000
const freshFlow = (): number => {
  lastFlow = lastFlow >= 20_000 ? 10_000 : lastFlow + 1
  return lastFlow
}

/**
 * A packet that is sent as a TCP segment and as a datagram. The segment is a SYN, unless flags are given: then no
 * datagram is sent.
 */
export interface OddPacket {
  readonly source: string
  readonly destination: string
  readonly port: number
  readonly tcpFlags?: number
}

/**
 * Sends packets that no ordinary socket would send, and returns all traces of them, at any machine. A datagram that is
 * delivered to a container comes after them, so they have arrived or were dropped when it is there.
 * @param awaited - waits for a trace that contains this: the packet's last machine may receive it later than the
 *   datagram
 */
export const traces = async (
  lab: Lab,
  sender: Machine,
  hostDevice: string,
  packets: readonly OddPacket[],
  awaited: string | null = null,
): Promise<readonly string[]> => {
  const destinationMac = await macOf(lab.host, hostDevice)
  const sourceMac = await macOf(sender, 'eth0')
  const flows = new Map<number, SentFlow>()
  for (const packet of packets) {
    for (const protocol of packet.tcpFlags === undefined ? (['tcp', 'udp'] as const) : (['tcp'] as const)) {
      const flow = freshFlow()
      const text = `${protocol} ${packet.source} to ${packet.destination}:${packet.port}`
      flows.set(flow, { text, family: familyOf(packet.destination) })
      await sender.sendFrame(
        'eth0',
        buildFrame({ ...packet, protocol, destinationMac, sourceMac, sourcePort: flow }),
      )
    }
  }
  await deliverBehind(lab, sender, familyOf(packets[0]?.source ?? '') ?? 'ip', { destinationMac, sourceMac })
  // An agent that answers a packet takes a moment more.
  await caughtUp()
  let found = await tracesNow(lab, sender, flows)
  if (awaited === null) return found
  const isThere = async (): Promise<boolean> => {
    found = await tracesNow(lab, sender, flows)
    return found.some((one) => one.includes(awaited))
  }
  await until(`a trace${awaited}`, isThere, { shows: () => found })
  return found
}

/** Sends a datagram to a published port, or from the isolated network to a sibling, and waits until it arrives. */
const deliverBehind = async (
  lab: Lab,
  sender: Machine,
  family: Family,
  macs: { readonly destinationMac: string; readonly sourceMac: string },
): Promise<void> => {
  const sibling = sender.name === 's1' ? lab.containers.get('s2') : undefined
  const flow = freshFlow()
  const frame = buildFrame({
    ...macs,
    ...(sibling === undefined ? {} : { destinationMac: await macOf(sibling, 'eth0') }),
    ...{ protocol: 'udp', source: addressOf(sender.name as Place, family), sourcePort: flow },
    ...(sibling === undefined
      ? { destination: addressOf('host', family), port: 8080 }
      : { destination: addressOf('s2', family), port: 80 }),
  })
  await sender.sendFrame('eth0', frame)
  const receiver = sibling ?? lab.containers.get('nginx')
  if (receiver === undefined) throw new Error('the lab has no container nginx')
  await until('the datagram behind the packets', async () =>
    (await receiver.arrivals()).some(({ protocol, sourcePort }) => protocol === 'udp' && sourcePort === flow),
  )
}

interface SentFlow {
  readonly text: string
  readonly family: Family | null
}

/** Flows by the source port of their packets. */
type Flows = ReadonlyMap<number, SentFlow>

const tracesNow = async (lab: Lab, sender: Machine, flows: Flows): Promise<readonly string[]> => {
  const found: string[] = []
  const machines = new Set([
    ...[sender, lab.client, lab.neighbour, lab.outside, lab.distant],
    ...lab.containers.values(),
  ])
  for (const machine of machines) {
    for (const { source, sourcePort, port } of await machine.arrivals()) {
      const flow = flows.get(sourcePort) ?? flows.get(port)
      // The kernel may have given this port to a translated flow of an earlier test. It was seen once, in the other
      // family.
      if (flow !== undefined && flow.family === familyOf(source))
        found.push(`${flow.text} at ${machine.name}, from ${source}`)
    }
  }
  for (const { sourcePort, port } of await lab.host.heard()) {
    const flow = flows.get(sourcePort)
    if (flow !== undefined) found.push(`${flow.text} at the host's own service ${port}`)
  }
  return found
}
