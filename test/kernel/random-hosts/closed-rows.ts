import { type Flow, reach } from '@portolan/core'
import type { Plan } from 'portolan'
import {
  addressesOf,
  type Family,
  isLoopback,
  type MachineName,
  machineNames,
} from '../differential/scene.ts'
import { isLeftOutOfSearch } from './agreement.ts'
import { SILENCE_MS, send } from './ask.ts'
import { plannedOf, sourceOf } from './question.ts'
import type { Stage } from './stage.ts'
import { translatedPorts } from './translated-ports.ts'

/** One flow that must not reach a container. */
export interface ClosedQuestion {
  readonly asker: MachineName
  readonly flow: Flow
  /** The mapping or network of the row. */
  readonly mapping: string | null
  readonly network: string
  /** The containers that its packets must not reach. */
  readonly containers: readonly { readonly machine: MachineName; readonly address: string }[]
}

export interface ClosedAnswer extends ClosedQuestion {
  /** True: a packet of the flow reached one of the containers. */
  readonly cameIn: boolean
}

const containers = ['a1', 'a2', 'b1'] as const

const machineAt = (family: Family, address: string): MachineName | null =>
  containers.find((name) => addressesOf[family][name].includes(address)) ?? null

/** The container ports that are tested. No mapping of a random host leads to the last one. */
export const closedPorts = [80, 8080, 7777] as const

/** All rows that the contract closes and that machines of the lab can test. */
export const closedQuestionsOf = (plan: Plan): readonly ClosedQuestion[] => [
  ...questionsOfMappings(plan),
  ...questionsOfNetworks(plan),
]

const questionsOfMappings = (plan: Plan): readonly ClosedQuestion[] => {
  const { desired } = plan
  const { hostAddresses } = plannedOf(plan)
  return desired.mappings.flatMap(({ label, family, protocol, hostPort, targets }) => {
    const places = targets.flatMap(({ address }) => {
      const machine = machineAt(family, address)
      return machine === null ? [] : [{ machine, address }]
    })
    return machineNames.flatMap((asker) =>
      addressesOf[family].host.flatMap((to): readonly ClosedQuestion[] => {
        const from = sourceOf(plan, asker, addressesOf[family][asker][0])
        if (from.kind !== 'machine' || isLoopback(to) || /^(172\.30|fd00:30)/.test(to)) return []
        const flow = { family, protocol, from, to: { address: to, port: hostPort } }
        const { kind } = reach(desired, flow, { addresses: hostAddresses })
        if (kind !== 'dropped' && kind !== 'local') return []
        const network = targets[0].network
        return [{ asker, flow, mapping: label, network, containers: places }]
      }),
    )
  })
}

const questionsOfNetworks = (plan: Plan): readonly ClosedQuestion[] => {
  const { desired } = plan
  const { hostAddresses } = plannedOf(plan)
  return (['ip', 'ip6'] as const).flatMap((family) =>
    containers.flatMap((machine) =>
      machineNames.flatMap((asker) =>
        (['tcp', 'udp'] as const).flatMap((protocol) =>
          closedPorts.flatMap((port): readonly ClosedQuestion[] => {
            const [address] = addressesOf[family][machine]
            const own = sourceOf(plan, machine, address)
            const from = sourceOf(plan, asker, addressesOf[family][asker][0])
            if (own.kind !== 'container' || from.kind === 'host' || asker === machine) return []
            const flow = { family, protocol, from, to: { address, port } }
            if (reach(desired, flow, { addresses: hostAddresses }).kind !== 'dropped') return []
            return [{ asker, flow, mapping: null, network: own.network, containers: [{ machine, address }] }]
          }),
        ),
      ),
    ),
  )
}

/** Sends packets that must not get in, and looks for them in the containers. */
export const askClosed = async (stage: Stage, plan: Plan): Promise<readonly ClosedAnswer[]> => {
  const { scene, sourcePorts } = stage
  const machines = containers.map((name) => scene.machine(name))
  await Promise.all(machines.map((machine) => machine.arrivals({ clear: true })))
  const sent = await Promise.all(
    closedQuestionsOf(plan).map(async (question) => {
      const { asker, flow } = question
      const sourcePort = sourcePorts.next(true)
      await send(scene.machine(asker), {
        protocol: flow.protocol === 'udp' ? 'udp' : 'tcp',
        destination: flow.to.address,
        port: flow.to.port,
        ...(flow.from.address === null ? {} : { source: flow.from.address }),
        sourcePort,
        timeoutMs: SILENCE_MS,
      })
      return { question, sourcePort }
    }),
  )
  const translated = await translatedPorts(scene.lab.host)
  const arrived = new Set(
    (
      await Promise.all(
        containers.map(async (name) =>
          (
            await scene.machine(name).arrivals()
          ).map(({ sourcePort, destination }) => `${name} ${destination} ${sourcePort}`),
        ),
      )
    ).flat(),
  )
  return sent.map(({ question, sourcePort }) => ({
    ...question,
    cameIn: question.containers.some(({ machine, address }) =>
      [sourcePort, ...(translated.get(`${question.flow.protocol} ${sourcePort}`) ?? [])].some((port) =>
        arrived.has(`${machine} ${address} ${port}`),
      ),
    ),
  }))
}

/** Misses: rows of which packets get in, without a conflict that says so. */
export const findUnreportedBypasses = (
  answers: readonly ClosedAnswer[],
  { conflicts, incomplete }: Pick<Plan, 'conflicts' | 'incomplete'>,
): readonly string[] =>
  answers
    .filter(
      ({ cameIn, mapping, network }) =>
        cameIn &&
        !isLeftOutOfSearch({ mapping, network: mapping === null ? network : null }, incomplete) &&
        !conflicts.some(
          (one) =>
            one.kind === 'Bypassed' &&
            (mapping === null ? one.mapping === null && one.network === network : one.mapping === mapping),
        ),
    )
    .map(
      ({ asker, flow, mapping, network }) =>
        `came in, and is not reported: ${flow.protocol} ${asker} ${flow.from.address} to ${flow.to.address}:${flow.to.port} (${mapping ?? network})`,
    )
