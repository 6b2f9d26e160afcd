import type { Flow } from '@portolan/core'
import type { Plan } from 'portolan'
import type { Machine } from '../../lab/machine.ts'
import type { Probe, ProbeOutcome } from '../../lab/probe.ts'
import { brokenPromise } from '../conflicts/contract.ts'
import { type MachineName, machineNames } from '../differential/scene.ts'
import { crowd } from './crowd.ts'
import { plannedOf, type Question } from './question.ts'
import type { Stage } from './stage.ts'

/** One flow as the lab opens it. */
export interface Shot {
  readonly asker: MachineName
  readonly flow: Flow
  readonly source: string | null
  readonly sourcePort: number
}

/** What the kernel did. */
export interface Observed {
  readonly sourcePort: number
  readonly outcome: ProbeOutcome
  /** Null: as the contract promises. */
  readonly failure: string | null
}

export interface Answer extends Question, Observed {}

/** A drop shows as silence; a delivery takes a millisecond, and more where others keep the processor. */
export const SILENCE_MS = 100
export const PATIENCE_MS = 2500

/** A connection from the same port to the same place may not be gone yet. */
const gone = { turns: 12, pauseMs: 400 } as const

/**
 * Sends one packet. One that no socket could send says nothing of rules.
 *
 * @throws where the sender's address and port were taken
 */
export const send = async (machine: Machine, probe: Probe): Promise<ProbeOutcome> => {
  for (let turn = 1; ; turn += 1) {
    const outcome = await machine.probe(probe)
    if (outcome.delivered || !['EADDRINUSE', 'EADDRNOTAVAIL'].includes(outcome.how)) return outcome
    if (turn === gone.turns) throw new Error(`the lab could not send a packet: ${outcome.how}`)
    await new Promise((resolve) => setTimeout(resolve, gone.pauseMs))
  }
}

/** Opens one flow, and holds what comes of it against the contract. */
export const fire = async (
  stage: Stage,
  planned: Plan,
  { flow, asker, source, sourcePort }: Shot,
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
    failure: brokenPromise(lab, plannedOf(planned), flow, leniently(flow, outcome)),
  }
}

/**
 * The machines behind a foreign bridge are containers of another engine. On many hosts their packets leave with an
 * address of the host as source, and the contract does not forbid that.
 */
const leniently = ({ from }: Flow, outcome: ProbeOutcome): ProbeOutcome =>
  outcome.delivered && from.kind === 'machine' && from.interface.startsWith('br-')
    ? { ...outcome, source: from.address }
    : outcome

/** A question with the port that it is asked from. */
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
  await meet(stage, question)
  const observed = await fire(
    stage,
    planned,
    { asker, flow, source: flow.from.address, sourcePort },
    timeoutMs,
  )
  return { ...question, ...observed }
}

/** Gives the sender its address, and a machine the address that is asked for. */
const meet = async (stage: Stage, { asker, flow: { family, from, to } }: Question): Promise<void> => {
  if (from.kind !== 'host' && from.address !== null) await stage.adopt(asker, family, from.address)
  const receiver = machineNames.find((name) => crowd(family, name).includes(to.address))
  if (receiver !== undefined) await stage.adopt(receiver, family, to.address)
}

/** It was answered, and what came after that was cut off. */
export const isLater = ({ outcome }: Observed): boolean => !outcome.delivered && outcome.connected
