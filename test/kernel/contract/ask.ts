import type { Lab } from '../../lab/lab.ts'
import type { Machine } from '../../lab/machine.ts'
import type { Arrival, ProbeOutcome, ProbeProtocol } from '../../lab/probe.ts'
import { freshSourcePort } from '../../lab/source-ports.ts'
import type { Row } from './row.ts'
import { addressOf, type Family, isContainer, type Sender } from './scenario.ts'

/** One flow of a row, and all observations of it. */
export interface ProbedFlow {
  readonly row: Row
  readonly family: Family
  readonly protocol: ProbeProtocol
  readonly outcome: ProbeOutcome
  /** The flow's packets at every machine except the host and the sender. */
  readonly arrivals: readonly (Arrival & { readonly where: string })[]
}

const machineOf = (lab: Lab, name: Sender): Machine => {
  if (!isContainer(name)) return lab[name]
  const container = lab.containers.get(name)
  if (container === undefined) throw new Error(`the lab has no container ${name}`)
  return container
}

/** A drop costs the whole timeout. An answer comes within a millisecond, however long the timeout is. */
const timeoutOf = (row: Row): number => (row.expected.kind === 'delivered' ? 4000 : 400)

/**
 * Sends one more flow from each sender that is answered. It comes after the packets of all rows, so these have arrived
 * or were dropped when the answer is there.
 */
const probeBehind = async (lab: Lab, rows: readonly Row[]): Promise<void> => {
  const answered = new Map(
    rows.filter(({ expected }) => expected.kind === 'delivered').map((row) => [row.from, row]),
  )
  await Promise.all(
    [...answered.values()].flatMap((row) =>
      row.families.map((family) =>
        machineOf(lab, row.from).probe({
          ...{ protocol: row.protocols[0] ?? 'tcp', destination: addressOf(row.to, family), port: row.port },
          ...{ sourcePort: freshSourcePort(), timeoutMs: timeoutOf(row) },
        }),
      ),
    ),
  )
}

/** Sends the flows of all rows at once, and then collects the packets that arrived. */
export const probeAll = async (lab: Lab, rows: readonly Row[]): Promise<readonly ProbedFlow[]> => {
  const probed = await Promise.all(
    rows.flatMap((row) =>
      row.families.flatMap((family) =>
        row.protocols.map(async (protocol) => {
          const flow = freshSourcePort()
          const outcome = await machineOf(lab, row.from).probe({
            protocol,
            destination: addressOf(row.to, family),
            port: row.port,
            sourcePort: flow,
            timeoutMs: timeoutOf(row),
          })
          return { row, family, protocol, outcome, flow }
        }),
      ),
    ),
  )
  await probeBehind(lab, rows)
  const machines = [lab.client, lab.neighbour, lab.outside, lab.distant, ...lab.containers.values()]
  const seen = new Map<string, (Arrival & { readonly where: string })[]>()
  for (const machine of machines) {
    for (const arrival of await machine.arrivals({ clear: true })) {
      const key = `${arrival.protocol} ${arrival.sourcePort}`
      const list = seen.get(key) ?? []
      list.push({ ...arrival, where: machine.name })
      seen.set(key, list)
    }
  }
  return probed.map(({ flow, ...answer }) => ({
    ...answer,
    arrivals: (seen.get(`${answer.protocol} ${flow}`) ?? []).filter(({ where }) => where !== answer.row.from),
  }))
}
