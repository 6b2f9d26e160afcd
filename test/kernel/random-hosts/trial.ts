import { type Plan, plan } from 'portolan'
import { conflictText, findFalseAlarms, findMisses, findRowsToRepeat, isReported } from './agreement.ts'
import { type Answer, type Asked, ask, PATIENCE_MS, SILENCE_MS } from './ask.ts'
import { sendBypasses } from './bypass-witnesses.ts'
import { askClosed, findUnreportedBypasses } from './closed-rows.ts'
import { forgetFlows, loadForeign, loadOurs } from './load-host.ts'
import { networkQuestionsOf } from './network-questions.ts'
import { questionsOf } from './question.ts'
import type { RandomHost } from './random-host.ts'
import type { Stage } from './stage.ts'
import { count, countClosed, type Tally } from './tally.ts'
import { sendWitnesses } from './witnesses.ts'

/** Tests all questions. A failure that no conflict names is tested once more, with a longer timeout. */
const askAll = async (
  stage: Stage,
  planned: Plan,
  questions: readonly Asked[],
  tally: Tally,
): Promise<readonly Answer[]> => {
  const first = await Promise.all(questions.map((question) => ask(stage, planned, question, SILENCE_MS)))
  const surprising = first.filter((one) => one.failure !== null && !isReported(one, planned.conflicts))
  if (surprising.length === 0) return first
  await forgetFlows(stage.scene.lab.host)
  const again = new Map(
    await Promise.all(
      surprising.map(
        async (one): Promise<readonly [Answer, Answer]> => [one, await ask(stage, planned, one, PATIENCE_MS)],
      ),
    ),
  )
  tally.again += surprising.length
  return first.map((one) => again.get(one) ?? one)
}

/**
 * Tests all rows, every other one from an unusual source port. Tests more rows from a usual port where only that shows
 * whether an error is right.
 */
const askRows = async (
  stage: Stage,
  planned: Plan,
  seed: number,
  tally: Tally,
): Promise<readonly Answer[]> => {
  const { sourcePorts } = stage
  const questions = [...questionsOf(planned, seed), ...networkQuestionsOf(planned, seed)]
  const answers = await askAll(
    stage,
    planned,
    questions.map((one, at) => ({ ...one, sourcePort: sourcePorts.next((at + seed) % 2 === 0) })),
    tally,
  )
  const doubted = findRowsToRepeat(answers, planned.conflicts)
  const more = await askAll(
    stage,
    planned,
    doubted.map((one) => ({ ...one, sourcePort: sourcePorts.next(true) })),
    tally,
  )
  return [...answers, ...more]
}

const describe = (host: RandomHost, planned: Plan, complaints: readonly string[]): string =>
  [
    `The kernel and the conflict finder disagree; backend ${host.backend}, bridge-nf-call ${host.bridgeNf}`,
    ...complaints,
    `networks: ${planned.desired.networks.map(({ name }) => name).join(' ')}`,
    ...planned.desired.mappings.map(
      ({ label, allowFrom }) =>
        `mapping: ${label}${allowFrom === null ? '' : ` from ${allowFrom.join(' ')}`}`,
    ),
    ...planned.conflicts.map((one) => `reported: ${conflictText(one)}`),
    ...Object.entries(host.rules).flatMap(([tool, text]) => (text === null ? [] : [`--- ${tool}`, text])),
  ].join('\n')

/**
 * Loads foreign rules, plans, loads the plan's rules, and compares the plan's conflicts with the kernel.
 *
 * @throws where they disagree
 */
export const compareWithKernel = async (stage: Stage, host: RandomHost, tally: Tally): Promise<void> => {
  const { scene } = stage
  await scene.setBridgeNf(host.bridgeNf)
  const rules = await loadForeign(scene.lab.host, host.rules)
  const bridges = host.intent.networks.map(({ name }) => name)
  const facts = stage.facts(host.bridgeNf, bridges)
  const started = performance.now()
  const planned = await plan(host.intent, { facts, rules, backend: host.backend, leases: null })
  tally.planMs += performance.now() - started
  await loadOurs(scene.lab.host, planned, host.backend)
  const answers = await askRows(stage, planned, host.seed, tally)
  count(tally, host, planned, answers)
  const closed = await askClosed(stage, planned)
  countClosed(tally, closed)
  const complaints = [
    ...findMisses(answers, planned),
    ...findFalseAlarms(answers, planned.conflicts),
    ...findUnreportedBypasses(closed, planned),
    ...(await sendWitnesses(stage, planned, tally)),
    ...(await sendBypasses(stage, planned, tally)),
  ]
  if (complaints.length > 0) throw new Error(describe(host, planned, complaints))
}
