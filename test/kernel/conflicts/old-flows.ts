import type { ProbeOutcome } from '../../lab/probe.ts'
import { machineOf } from './machine-of.ts'
import type { ConflictJson } from './planned.ts'
import type { OldFlow } from './scenario.ts'
import type { Stage } from './stage.ts'

/**
 * The moments when a flow is tested: before apply, after apply, and after the remedy that deletes it from connection
 * tracking.
 */
export type Moment = 'before' | 'applied' | 'deleted'

const probeOldFlow = (
  { lab }: Pick<Stage, 'lab'>,
  { from, sourcePort, destination, port, protocol, by }: OldFlow,
): Promise<ProbeOutcome> =>
  machineOf(lab, from).probe({
    protocol,
    destination,
    port,
    sourcePort,
    timeoutMs: by === 'nothing' ? 500 : 2000,
  })

/** The machine that must answer at a moment. */
const expectedAt = ({ by, atLast, needsDeletion }: OldFlow, moment: Moment): string =>
  moment === 'before' || (moment === 'applied' && needsDeletion) ? by : atLast

/** Sends one more packet of a flow from the same port, so that connection tracking finds its entry. */
export const testOldFlow = async (
  stage: Pick<Stage, 'lab'>,
  flow: OldFlow,
  moment: Moment,
): Promise<readonly string[]> => {
  const outcome = await probeOldFlow(stage, flow)
  const seen = outcome.delivered ? outcome.by : 'nothing'
  const expected = expectedAt(flow, moment)
  return seen === expected
    ? []
    : [`${moment}: the flow "${flow.line}" is answered by ${seen} instead of ${expected}`]
}

/** Flows without a conflict. Each flow that only its deletion moves needs one, with such a flow as witness. */
const flowsWithoutWitness = ({ scenario }: Stage, conflicts: readonly ConflictJson[]): readonly string[] =>
  scenario.oldFlows
    .filter(
      ({ needsDeletion, destination, port, protocol }) =>
        needsDeletion &&
        !conflicts.some(
          ({ witness }) =>
            witness?.destination === destination &&
            witness.destinationPort === port &&
            witness.protocol === protocol &&
            scenario.oldFlows.some(
              ({ sourcePort, needsDeletion: moves }) => moves && sourcePort === witness.sourcePort,
            ),
        ),
    )
    .map(({ line }) => `no witness shows the flow "${line}"`)

/**
 * Tests the flows that began before apply: once after apply, and once after the remedies of the conflicts about them.
 * @param conflicts - the conflicts about these flows
 */
export const testOldFlows = async (
  stage: Stage,
  conflicts: readonly ConflictJson[],
  carryOutRemedies: () => Promise<readonly string[]>,
): Promise<readonly string[]> => {
  const { oldFlows } = stage.scenario
  if (oldFlows.length === 0) return []
  const testFlows = async (moment: Moment): Promise<readonly string[]> =>
    (await Promise.all(oldFlows.map((flow) => testOldFlow(stage, flow, moment)))).flat()
  return [
    ...flowsWithoutWitness(stage, conflicts),
    ...(await testFlows('applied')),
    ...(await carryOutRemedies()),
    ...(await testFlows('deleted')),
  ]
}
