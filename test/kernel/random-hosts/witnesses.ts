import type { Conflict, Flow } from '@portolan/core'
import { reach } from '@portolan/core'
import type { Packet } from '@portolan/netfilter'
import type { Plan } from 'portolan'
import { entries, type Family, isLoopback, type MachineName } from '../differential/scene.ts'
import { conflictText, isAboutPackets } from './agreement.ts'
import { type PreparedFlow, SILENCE_MS, sendFlow } from './ask.ts'
import { forgetFlows } from './load-host.ts'
import { plannedOf, sourceOf } from './question.ts'
import type { Stage } from './stage.ts'
import type { Tally } from './tally.ts'

/**
 * How often a witness is repeated. A random match decides anew for each packet, and a limit needs a second to refill.
 */
export const WITNESS_TURNS = 24

const machineBehind: Readonly<Record<string, MachineName>> = {
  eth0: 'neighbour',
  eth1: 'outside',
  'br-a': 'a2',
  'br-b': 'b1',
}

/** The machine that can send a witness; null: its source belongs to a machine behind another interface. */
export const senderOf = (stage: Stage, { family, source, in: device }: Packet): MachineName | null => {
  if (device == null) return 'host'
  const held = source == null ? null : stage.holderOf(family, source)
  const by = held ?? machineBehind[device]
  if (by === undefined || by === 'host') throw new Error(`no machine behind ${device} sends from ${source}`)
  return entries[by]?.in === device ? by : null
}

const receiverOf = (stage: Stage, family: Family, address: string, asker: MachineName): MachineName => {
  const held = isLoopback(address) ? 'host' : stage.holderOf(family, address)
  if (held !== null) return held
  if (/^(172\.30\.1\.|fd00:30:1:)/.test(address)) return asker === 'a1' ? 'a2' : 'a1'
  if (/^(172\.30\.2\.|fd00:30:2:)/.test(address)) return 'b1'
  return /^(192\.0\.2\.|2001:db8:1:)/.test(address) ? 'neighbour' : 'outside'
}

/**
 * Prepares a packet: the sender gets its source address, and a service listens at its destination.
 *
 * @returns null: the lab has no two machines for this packet
 * @throws when the contract promises no answer to this packet
 */
const prepareFlow = async (stage: Stage, plan: Plan, packet: Packet): Promise<PreparedFlow | null> => {
  const { family, destination, destinationPort, sourcePort } = packet
  const protocol = packet.protocol === 'tcp' || packet.protocol === 'udp' ? packet.protocol : null
  if (protocol === null || destinationPort == null || sourcePort == null)
    throw new Error('no machine of the lab can send this witness')
  const asker = senderOf(stage, packet)
  if (asker === null) return null
  const source = packet.source ?? null
  const from = sourceOf(plan, asker, source ?? '')
  const flow: Flow = { family, protocol, from, to: { address: destination, port: destinationPort } }
  const promise = reach(plan.desired, flow, { addresses: plannedOf(plan).hostAddresses })
  if (promise.kind !== 'delivered' && promise.kind !== 'outside')
    throw new Error(`the contract promises it nothing (${promise.kind})`)
  if (source !== null) await stage.adopt(asker, family, source)
  const receiver = receiverOf(stage, family, destination, asker)
  if (receiver === asker && asker !== 'host') return null
  if (receiver !== 'host') {
    await stage.adopt(receiver, family, destination)
    await stage.serve(receiver, protocol, destinationPort)
  }
  return { asker, flow, source, sourcePort }
}

const isDelivered = async (stage: Stage, planned: Plan, prepared: PreparedFlow): Promise<boolean> => {
  if ((await sendFlow(stage, planned, prepared, SILENCE_MS)).failure !== null) return false
  // Flows of other tests may have helped the packet. So it is repeated alone, with an empty connection tracking table.
  for (let turn = 1; turn < WITNESS_TURNS; turn += 1) {
    await forgetFlows(stage.scene.lab.host)
    if ((await sendFlow(stage, planned, prepared, SILENCE_MS * 4)).failure !== null) return false
    await new Promise((resolve) => setTimeout(resolve, SILENCE_MS))
  }
  return true
}

/**
 * Sends each packet once: several conflicts may have the same witness, and two sockets cannot send it at the same time.
 */
const deliveries = (stage: Stage, planned: Plan): ((prepared: PreparedFlow) => Promise<boolean>) => {
  const sent = new Map<string, Promise<boolean>>()
  return (prepared) => {
    const { asker, source, sourcePort, flow } = prepared
    const key = [asker, flow.protocol, source, sourcePort, flow.to.address, flow.to.port].join(' ')
    const delivery = sent.get(key) ?? isDelivered(stage, planned, prepared)
    sent.set(key, delivery)
    return delivery
  }
}

/** Sends the witnesses of certain conflicts. They must fail. */
export const sendWitnesses = async (
  stage: Stage,
  planned: Plan,
  tally: Tally,
): Promise<readonly string[]> => {
  const certain = planned.conflicts.filter((one) => isAboutPackets(one) && one.certainty === 'certain')
  const deliver = deliveries(stage, planned)
  const complaints = await Promise.all(
    certain.map(async (conflict: Conflict) => {
      if (conflict.witness === null) return [`no witness: ${conflictText(conflict)}`]
      try {
        const prepared = await prepareFlow(stage, planned, conflict.witness)
        if (prepared === null) return []
        tally.witnesses += 1
        return (await deliver(prepared)) ? [`the witness is served: ${conflictText(conflict)}`] : []
      } catch (error) {
        return [`${error instanceof Error ? error.message : error}: ${conflictText(conflict)}`]
      }
    }),
  )
  return complaints.flat()
}
