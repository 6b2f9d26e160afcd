import { type Conflict, reach } from '@portolan/core'
import type { Packet } from '@portolan/netfilter'
import type { Plan } from 'portolan'
import { addressesOf, isLoopback, type MachineName } from '../differential/scene.ts'
import { conflictText } from './agreement.ts'
import { SILENCE_MS, send } from './ask.ts'
import { hostFlows } from './host-flows.ts'
import { forgetFlows } from './load-host.ts'
import { plannedOf, sourceOf } from './question.ts'
import type { Stage } from './stage.ts'
import type { Tally } from './tally.ts'
import { translatedPorts } from './translated-ports.ts'
import { senderOf, WITNESS_TURNS } from './witnesses.ts'

const containers: readonly MachineName[] = ['a1', 'a2', 'b1']

/** The subnets of eth1. A machine there reaches its neighbours without the host. */
const outsideLink = /^(198\.51\.100\.|2001:db8:2:)/

/**
 * True: no machine of the lab can send this packet. A socket cannot use another machine's address or a loopback address
 * on the wire. A machine also does not send to its own link by way of the host.
 */
const isForged = (plan: Plan, { family, in: device, source, destination }: Packet): boolean =>
  isLoopback(destination) ||
  isLoopback(source ?? '') ||
  (device === 'eth1' &&
    outsideLink.test(destination) &&
    !addressesOf[family].host.some((own) => own === destination)) ||
  (!plan.desired.networks.some(({ bridge }) => bridge === device) &&
    (family === 'ip' ? /^172\.30\./ : /^fd00:30:/).test(source ?? ''))

const reachesContainer = async (stage: Stage, asker: MachineName, packet: Packet): Promise<boolean> => {
  const { scene } = stage
  const others = containers.filter((name) => name !== asker)
  const { source, sourcePort, destination, destinationPort, protocol } = packet
  await Promise.all(others.map((name) => scene.machine(name).arrivals({ clear: true })))
  await send(scene.machine(asker), {
    protocol: protocol === 'udp' ? 'udp' : 'tcp',
    destination,
    port: destinationPort ?? 0,
    ...(source == null ? {} : { source }),
    ...(sourcePort == null ? {} : { sourcePort }),
    timeoutMs: SILENCE_MS * 2,
  })
  const seen = await Promise.all(others.map((name) => scene.machine(name).arrivals()))
  const arrived = new Set(seen.flat().map((one) => one.sourcePort))
  if (arrived.has(sourcePort ?? -1)) return true
  const translated = (await translatedPorts(scene.lab.host)).get(`${protocol} ${sourcePort}`) ?? []
  return translated.some((port) => arrived.has(port))
}

const check = async (stage: Stage, plan: Plan, conflict: Conflict, tally: Tally): Promise<string | null> => {
  const { witness } = conflict
  if (witness === null) return `no witness: ${conflictText(conflict)}`
  if (isForged(plan, witness)) return null
  const asker = senderOf(stage, witness)
  if (asker === null) return null
  const { family, protocol, source, destination, destinationPort } = witness
  const from = sourceOf(plan, asker, source ?? '')
  const to = { address: destination, port: destinationPort ?? 0 }
  const flow = { family, protocol: protocol === 'udp' ? 'udp' : 'tcp', from, to } as const
  const { kind } = reach(plan.desired, flow, { addresses: plannedOf(plan).hostAddresses })
  // The contract leaves packets between other machines to those, and containers may send to the outside. A translation
  // may still lead them to a container: the traffic below shows it.
  if (kind !== 'dropped' && kind !== 'local' && kind !== 'foreign' && kind !== 'outside')
    return `the contract does not close it (${kind}): ${conflictText(conflict)}`
  if (source != null) await stage.adopt(asker, family, source)
  // A packet from a machine to itself is on no wire.
  if (stage.holderOf(family, destination) === asker) return null
  const answerAt = async (address: string): Promise<void> => {
    const inside = plan.desired.networks.find(({ [family]: subnet }) =>
      address.startsWith(prefixOf(subnet?.subnet)),
    )
    if (inside === undefined || inside[family]?.gateway === address) return
    await stage.adopt(inside.bridge === 'br-b' ? 'b1' : asker === 'a1' ? 'a2' : 'a1', family, address)
  }
  await answerAt(destination)
  tally.bypasses += 1
  for (let turn = 0; turn < WITNESS_TURNS; turn += 1) {
    if (await reachesContainer(stage, asker, witness)) return null
    // A rule may have translated the packet to an address that no container has.
    for (const address of await answerersOf(stage, witness)) await answerAt(address)
    await forgetFlows(stage.scene.lab.host)
  }
  return `the witness does not come in: ${conflictText(conflict)}`
}

/** The addresses from which connection tracking expects the answers to a packet. */
const answerersOf = async (
  stage: Stage,
  { source, destination, destinationPort }: Packet,
): Promise<readonly string[]> =>
  (await hostFlows(stage.scene.lab.host))
    .filter(
      (flow) =>
        flow.source === source &&
        flow.destination === destination &&
        flow.destinationPort === destinationPort,
    )
    .map(({ answerer }) => answerer)

/** The prefix of a subnet as text. Subnets of random hosts end at a byte or a group: 172.30.1. and fd00:30:1:. */
const prefixOf = (subnet: string | undefined): string =>
  subnet === undefined
    ? ' '
    : subnet.slice(0, Math.max(subnet.lastIndexOf('.'), subnet.lastIndexOf('::')) + 1)

/** Sends the witness of each certain `Bypassed` conflict. A packet of it must reach a container. */
export const sendBypasses = async (stage: Stage, plan: Plan, tally: Tally): Promise<readonly string[]> => {
  const certain = plan.conflicts.filter(
    ({ kind, certainty }) => kind === 'Bypassed' && certainty === 'certain',
  )
  const complaints: string[] = []
  // One after the other, because several conflicts may have the same witness.
  for (const conflict of certain) {
    const complaint = await check(stage, plan, conflict, tally)
    if (complaint !== null) complaints.push(complaint)
  }
  return complaints
}
