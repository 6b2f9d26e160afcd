import { setTimeout as delay } from 'node:timers/promises'
import type { Agent } from './agent.ts'
import type { Probe, ProbeOutcome } from './probe.ts'

const silenceMs = 300

/** An agent that a test has stopped has no turn. */
const longestTurnMs = 5_000

/** Agents with services: what comes to them may wait for a processor. */
export const serving = new Set<Agent>()

/** How many probes of an agent are under way. */
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

/** A turn of all agents that begins from now on: the probes that wait for one share it. */
const oneTurn = (): Promise<unknown> => {
  if (nextTurn !== null) return nextTurn
  nextTurn = turn.then(() => {
    nextTurn = null
    return catchUp()
  })
  turn = nextTurn
  return nextTurn
}

/** Each end has its turn: a connection is greeted, asks, and is answered. */
export const caughtUp = async (): Promise<void> => {
  for (let count = 0; count < 4; count += 1) await oneTurn()
}

let lastKey = 0

/** A probe that ends with its answer, or once there is silence and no agent has anything left to answer. */
export const probeUntilSilence = async (
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
  // The test hears of what cannot be asked where it awaits the outcome.
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
