import { type Evaluator, type Outcome, prepare } from '@portolan/netfilter'
import type { ProbeOutcome } from '../../lab/probe.ts'
import { type Flow, packetOf, probeOf } from './flow.ts'
import { loadRules, type RuleTexts } from './host-rules.ts'
import { agree, type HeardBy, isArrival, isCutOffLater } from './judge.ts'
import { machineNames, type Scene } from './scene.ts'

/** Rules, and flows to test with them. */
export interface Trial {
  readonly bridgeNf: 0 | 1
  readonly rules: RuleTexts
  readonly flows: readonly Flow[]
}

/** The number of tested flows, and their kinds. */
export interface Tally {
  rulesets: number
  flows: number
  /** The number of flows by the evaluator's outcome: `forwarded`, `dropped`, ... */
  readonly outcomes: Map<string, number>
  translated: number
  /** UDP flows that are stopped for certain. The datagrams received show on which of the two ways. */
  stoppedUdp: number
  /** Stopped on the way back. */
  stoppedBack: number
  /** Refused, and the refusal reached the sender. */
  refused: number
  /** The evaluator was not certain and gave alternatives. */
  possible: number
  /** Answered, and a later packet was lost. */
  later: number
  /** Answers that came only on the second try, on a busy machine. */
  again: number
}

export const startTally = (): Tally => ({
  rulesets: 0,
  flows: 0,
  outcomes: new Map(),
  translated: 0,
  stoppedUdp: 0,
  stoppedBack: 0,
  refused: 0,
  possible: 0,
  later: 0,
  again: 0,
})

/**
 * The timeout for a flow that is expected to be dropped, and for one that is expected to be delivered. A delivery takes
 * a millisecond, but more on a busy machine.
 */
const silenceMs = 250
const patienceMs = 2500

let lastSourcePort = 20_000
const freshSourcePort = (): number => {
  lastSourcePort = lastSourcePort >= 60_000 ? 20_000 : lastSourcePort + 1
  return lastSourcePort
}

interface ProbedFlow {
  readonly flow: Flow
  readonly predicted: Outcome
  readonly sourcePort: number
  readonly probe: ProbeOutcome
}

const isCertain = ({ certainty, alternatives }: Outcome): boolean =>
  certainty === 'certain' && alternatives.length === 0

const probeFlow = async (scene: Scene, evaluator: Evaluator, flow: Flow): Promise<ProbedFlow> => {
  const sourcePort = freshSourcePort()
  const predicted = evaluator.evaluate(packetOf(flow, sourcePort))
  const patience =
    predicted.certainty === 'certain' && [predicted, ...predicted.alternatives].some(isArrival)
      ? patienceMs
      : silenceMs
  const probe = await scene.machine(flow.from).probe(probeOf(flow, sourcePort, patience))
  return { flow, predicted, sourcePort, probe }
}

/**
 * Tests a flow again that should be answered and was not. The kernel repeats a lost first TCP segment after a second,
 * so a late answer still counts.
 */
const probeAgain = async (scene: Scene, evaluator: Evaluator, probed: ProbedFlow): Promise<ProbedFlow> => {
  const { flow, predicted, probe } = probed
  if (probe.delivered || probe.how !== 'timeout') return probed
  const all = [predicted, ...predicted.alternatives]
  const mayBeLate = all.every(isArrival) || (!probe.connected && all.every(isCutOffLater))
  return mayBeLate ? probeFlow(scene, evaluator, flow) : probed
}

/** All datagrams that services of any machine received since the last call. */
const takeDatagrams = async (scene: Scene): Promise<readonly HeardBy[]> => {
  const all = await Promise.all(
    machineNames.map(async (by) =>
      (await scene.machine(by).heard({ clear: true })).map((one) => ({ ...one, by })),
    ),
  )
  return all.flat()
}

const describe = (
  { flow, predicted, sourcePort, probe }: ProbedFlow,
  { rules, bridgeNf }: Trial,
  heard: readonly HeardBy[],
): string =>
  [
    `The kernel and the evaluator disagree: ${JSON.stringify(flow)}, bridge-nf-call ${bridgeNf}`,
    `kernel:    ${JSON.stringify(probe)}`,
    ...heard
      .filter((one) => one.sourcePort === sourcePort)
      .map((one) => `           heard: ${JSON.stringify(one)}`),
    `evaluator: ${predicted.outcome} ${predicted.certainty} at ${JSON.stringify(predicted.at)} seen as ${JSON.stringify(predicted.seenAs)}`,
    ...predicted.alternatives.map(
      (one) => `       or: ${one.outcome} at ${JSON.stringify(one.at)} seen as ${JSON.stringify(one.seenAs)}`,
    ),
    ...predicted.trace.map(
      (step) =>
        `  ${step.packet} ${step.direction} ${step.hook} ${step.tool} ${step.table ?? ''} ${step.chain ?? ''}: ${step.rule} -> ${step.verdict}`,
    ),
    ...Object.entries(rules).flatMap(([tool, text]) => (text === null ? [] : [`--- ${tool}`, text])),
  ].join('\n')

const count = (tally: Tally, { flow, predicted, probe }: ProbedFlow): void => {
  tally.flows += 1
  tally.outcomes.set(predicted.outcome, (tally.outcomes.get(predicted.outcome) ?? 0) + 1)
  const { at, seenAs } = predicted
  if (
    at !== null &&
    seenAs !== null &&
    (at.address !== flow.to || at.port !== flow.port || typeof seenAs.sourcePort !== 'number')
  )
    tally.translated += 1
  if (predicted.certainty === 'possible') tally.possible += 1
  if (isCutOffLater(predicted)) tally.later += 1
  if (isArrival(predicted)) return
  if (isCertain(predicted) && flow.protocol === 'udp') tally.stoppedUdp += 1
  if (at !== null) tally.stoppedBack += 1
  if (!probe.delivered && probe.how !== 'timeout') tally.refused += 1
}

/**
 * Loads the rules, reads them back, and compares the outcome of the flows in the kernel and in the evaluator.
 *
 * @throws where they disagree
 */
export const compareTrial = async (scene: Scene, trial: Trial, tally: Tally): Promise<void> => {
  const { host } = scene.lab
  await scene.setBridgeNf(trial.bridgeNf)
  const rulesets = await loadRules(host, trial.rules)
  const evaluator = prepare(scene.facts(trial.bridgeNf), rulesets)
  tally.rulesets += 1
  await takeDatagrams(scene)
  const probed = await Promise.all(trial.flows.map((flow) => probeFlow(scene, evaluator, flow)))
  const finalFlows: ProbedFlow[] = []
  for (const first of probed) {
    const last = await probeAgain(scene, evaluator, first)
    if (last !== first && last.probe.delivered) tally.again += 1
    finalFlows.push(last)
  }
  const heard = await takeDatagrams(scene)
  const disagreements: ProbedFlow[] = []
  for (const one of finalFlows) {
    count(tally, one)
    if (!agree(one.flow, one.predicted, { ...one, heard })) disagreements.push(one)
  }
  const [one] = disagreements
  if (one !== undefined)
    throw new Error(
      `${describe(one, trial, heard)}\n(${disagreements.length} of ${probed.length} flows, ${tally.flows} so far)`,
    )
}
