import type { Flow } from '@portolan/core'
import type { Plan } from 'portolan'
import type { Machine } from '../../lab/machine.ts'
import type { Probe, ProbeOutcome } from '../../lab/probe.ts'
import { SourcePortInUse } from '../../lab/probe-until-silence.ts'
import { brokenPromise } from '../conflicts/contract.ts'
import { type MachineName, machineNames } from '../differential/scene.ts'
import { extraAddresses } from './extra-addresses.ts'
import { plannedOf, type Question } from './question.ts'
import type { Stage } from './stage.ts'

/** One flow that a machine of the lab sends. */
export interface PreparedFlow {
  readonly asker: MachineName
  readonly flow: Flow
  readonly source: string | null
  readonly sourcePort: number
}

/** What the kernel did. */
export interface Observed {
  readonly sourcePort: number
  readonly outcome: ProbeOutcome
  /** Null: the outcome is what the contract promises. */
  readonly failure: string | null
}

export interface Answer extends Question, Observed {}

/**
 * The timeout for a flow that is expected to be dropped, and for one that is expected to be delivered. A delivery takes
 * a millisecond, but more on a busy machine.
 */
export const SILENCE_MS = 100
export const PATIENCE_MS = 2500

/**
 * How often and after which pause a probe is repeated, when an earlier connection still holds its addresses and ports.
 */
const bindRetries = { turns: 12, pauseMs: 400 } as const

/**
 * Sends a probe, and repeats it while its socket cannot be bound. A packet that was not sent shows nothing about rules.
 *
 * @throws when the sender's address and port stay taken
 */
export const send = async (machine: Machine, probe: Probe): Promise<ProbeOutcome> => {
  for (let turn = 1; ; turn += 1) {
    const outcome = await machine.probe(probe).catch((error: unknown) => {
      if (error instanceof SourcePortInUse) return null
      throw error
    })
    if (outcome !== null && (outcome.delivered || outcome.how !== 'EADDRNOTAVAIL')) return outcome
    if (turn === bindRetries.turns)
      throw new Error(
        `the lab could not send a packet: ${JSON.stringify(outcome ?? 'the source port is in use')}`,
      )
    await new Promise((resolve) => setTimeout(resolve, bindRetries.pauseMs))
  }
}

/** Sends one flow, and compares its outcome with the contract. */
export const sendFlow = async (
  stage: Stage,
  planned: Plan,
  { flow, asker, source, sourcePort }: PreparedFlow,
  timeoutMs: number,
): Promise<Observed> => {
  const outcome = await send(stage.scene.machine(asker), {
    protocol: flow.protocol === 'udp' ? 'udp' : 'tcp',
    destination: flow.to.address,
    port: flow.to.port,
    sourcePort,
    timeoutMs,
    ...(source === null || flow.from.kind === 'host' ? {} : { source }),
  })
  const { lab } = stage.scene
  return {
    sourcePort,
    outcome,
    failure: brokenPromise(lab, plannedOf(planned), flow, withOwnSource(flow, outcome)),
  }
}

/**
 * Replaces the source that was seen by the sender's own. A machine behind a foreign bridge is a container of another
 * engine. On many hosts its packets leave with an address of the host, and the contract does not forbid that.
 */
const withOwnSource = ({ from }: Flow, outcome: ProbeOutcome): ProbeOutcome =>
  outcome.delivered && from.kind === 'machine' && from.interface.startsWith('br-')
    ? { ...outcome, source: from.address }
    : outcome

/** A question with its source port. */
export interface Asked extends Question {
  readonly sourcePort: number
}

export const ask = async (
  stage: Stage,
  planned: Plan,
  question: Asked,
  timeoutMs: number,
): Promise<Answer> => {
  const { asker, flow, sourcePort } = question
  await assignAddresses(stage, question)
  const observed = await sendFlow(
    stage,
    planned,
    { asker, flow, source: flow.from.address, sourcePort },
    timeoutMs,
  )
  return { ...question, ...observed }
}

/** Gives the sender its source address, and the receiver the destination address. */
const assignAddresses = async (
  stage: Stage,
  { asker, flow: { family, from, to } }: Question,
): Promise<void> => {
  if (from.kind !== 'host' && from.address !== null) await stage.adopt(asker, family, from.address)
  const receiver = machineNames.find((name) => extraAddresses(family, name).includes(to.address))
  if (receiver !== undefined) await stage.adopt(receiver, family, to.address)
}

/** True: the flow was answered, and a later packet was lost. */
export const isLater = ({ outcome }: Observed): boolean => !outcome.delivered && outcome.connected
