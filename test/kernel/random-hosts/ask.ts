import type { Flow } from '@portolan/core'
import type { Plan } from 'portolan'
import type { ProbeOutcome } from '../../lab/probe.ts'
import { brokenPromise } from '../conflicts/contract.ts'
import type { MachineName } from '../differential/scene.ts'
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
  readonly outcome: ProbeOutcome
  /** Null: as the contract promises. */
  readonly failure: string | null
}

export interface Answer extends Question, Observed {}

/** A drop shows as silence; a delivery takes a millisecond, and more where others keep the processor. */
export const SILENCE_MS = 100
export const PATIENCE_MS = 2500

/** Of those that clients have (ip_local_port_range), and none that a witness is likely to have. */
const ports = { first: 41_000, last: 60_000 }
let lastSourcePort = ports.first
const freshSourcePort = (): number => {
  lastSourcePort = lastSourcePort >= ports.last ? ports.first : lastSourcePort + 1
  return lastSourcePort
}

/** Opens one flow, and holds what comes of it against the contract. */
export const fire = async (
  stage: Stage,
  planned: Plan,
  { flow, asker, source, sourcePort }: Shot,
  timeoutMs: number,
): Promise<Observed> => {
  const outcome = await stage.scene.machine(asker).probe({
    protocol: flow.protocol === 'udp' ? 'udp' : 'tcp',
    destination: flow.to.address,
    port: flow.to.port,
    sourcePort,
    timeoutMs,
    ...(source === null || flow.from.kind === 'host' ? {} : { source }),
  })
  const { lab } = stage.scene
  return { outcome, failure: brokenPromise(lab, plannedOf(planned), flow, leniently(flow, outcome)) }
}

/**
 * What is behind a bridge of somebody else are containers of another engine: those hide behind an address of the host
 * on many hosts, and nobody promised them that they would not.
 */
const leniently = ({ from }: Flow, outcome: ProbeOutcome): ProbeOutcome =>
  outcome.delivered && from.kind === 'machine' && from.interface.startsWith('br-')
    ? { ...outcome, source: from.address }
    : outcome

export const ask = async (
  stage: Stage,
  planned: Plan,
  question: Question,
  timeoutMs: number,
): Promise<Answer> => {
  const { asker, flow } = question
  const shot: Shot = { asker, flow, source: flow.from.address, sourcePort: freshSourcePort() }
  return { ...question, ...(await fire(stage, planned, shot, timeoutMs)) }
}

/** It was answered, and what came after that was cut off. */
export const isLater = ({ outcome }: Observed): boolean => !outcome.delivered && outcome.connected
