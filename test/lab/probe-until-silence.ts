import { setTimeout as delay } from 'node:timers/promises'
import type { Agent } from './agent.ts'
import type { Probe, ProbeOutcome } from './probe.ts'

const silenceMs = 300

/** An agent that a test has stopped never answers, so a turn ends after this time. */
const longestTurnMs = 5_000

/** Agents with services. Packets to them may still wait for a processor. */
export const serving = new Set<Agent>()

/** The number of running probes of each agent. */
const probing = new Map<Agent, number>()

const catchUp = (): Promise<unknown> =>
  Promise.race([
    Promise.all(
      [...new Set([...serving, ...probing.keys()])].map((one) => one.ask('catch_up').catch(() => undefined)),
    ),
    delay(longestTurnMs, undefined, { ref: false }),
  ])

let turn: Promise<unknown> = Promise.resolve()
let nextTurn: Promise<unknown> | null = null

/** Waits until all agents have handled what arrived by now. Probes that wait for the next turn share it. */
const oneTurn = (): Promise<unknown> => {
  if (nextTurn !== null) return nextTurn
  nextTurn = turn.then(() => {
    nextTurn = null
    return catchUp()
  })
  turn = nextTurn
  return nextTurn
}

/** Waits four turns: a connection is greeted, asks and is answered, and each step needs a turn of one end. */
export const caughtUp = async (): Promise<void> => {
  for (let count = 0; count < 4; count += 1) await oneTurn()
}

/** The probe sent no packet: a program on its machine holds the source port. An outcome would look like a drop. */
export class SourcePortInUse extends Error {
  override readonly name = 'SourcePortInUse'
}

/**
 * Runs a probe. It ends with its answer, or after the silence once no agent has anything left to answer.
 * @throws SourcePortInUse
 */
export const probeUntilSilence = async (agent: Agent, probe: Probe): Promise<ProbeOutcome> => {
  const outcome = await answerOrSilence(agent, probe)
  if (!outcome.delivered && outcome.how === 'EADDRINUSE')
    throw new SourcePortInUse(`no probe was sent: a program holds source port ${probe.sourcePort}`)
  return outcome
}

let lastKey = 0

const answerOrSilence = async (
  agent: Agent,
  { timeoutMs = silenceMs, ...asked }: Probe,
): Promise<ProbeOutcome> => {
  lastKey += 1
  const key = lastKey
  const outcome = agent.ask('probe', {
    ...asked,
    key,
    timeoutMs: timeoutMs + 60_000,
  }) as Promise<ProbeOutcome>
  // A failure is reported where the test awaits the outcome, and not as an unhandled rejection.
  outcome.catch(() => {})
  let timer: NodeJS.Timeout | undefined
  const silence = new Promise<'silence'>((resolve) => {
    timer = setTimeout(() => resolve('silence'), timeoutMs)
  })
  try {
    const first = await Promise.race([outcome, silence])
    if (first !== 'silence') return first
  } finally {
    clearTimeout(timer)
  }
  probing.set(agent, (probing.get(agent) ?? 0) + 1)
  await caughtUp()
  const left = (probing.get(agent) ?? 1) - 1
  if (left === 0) probing.delete(agent)
  else probing.set(agent, left)
  await agent.ask('give_up', { key })
  return outcome
}
