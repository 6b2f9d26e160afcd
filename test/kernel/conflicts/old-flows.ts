import type { ProbeOutcome } from '../../lab/probe.ts'
import { machineOf } from './machine-of.ts'
import type { ConflictJson } from './planned.ts'
import type { OldFlow } from './scenario.ts'
import type { Stage } from './stage.ts'

/** Ways that a flow goes one after the other: as it began, once all is applied, once the remedy was carried out. */
export type Moment = 'before' | 'applied' | 'forgotten'

const askedBy = (
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

/** The machine that has to answer it then. */
const expectedAt = ({ by, atLast, isForgotten }: OldFlow, moment: Moment): string =>
  moment === 'before' || (moment === 'applied' && isForgotten) ? by : atLast

/** Sends one more packet of a flow, from the same port, so that connection tracking knows it again. */
export const askOldFlow = async (
  stage: Pick<Stage, 'lab'>,
  flow: OldFlow,
  moment: Moment,
): Promise<readonly string[]> => {
  const outcome = await askedBy(stage, flow)
  const seen = outcome.delivered ? outcome.by : 'nothing'
  const expected = expectedAt(flow, moment)
  return seen === expected
    ? []
    : [`${moment}: the flow "${flow.line}" is answered by ${seen} instead of ${expected}`]
}

/** Of every flow that only forgetting moves a conflict tells, with a packet of a flow of its kind. */
const untold = ({ scenario }: Stage, told: readonly ConflictJson[]): readonly string[] =>
  scenario.oldFlows
    .filter(
      ({ isForgotten, destination, port, protocol }) =>
        isForgotten &&
        !told.some(
          ({ witness }) =>
            witness?.destination === destination &&
            witness.destinationPort === port &&
            witness.protocol === protocol &&
            scenario.oldFlows.some(
              ({ sourcePort, isForgotten: moves }) => moves && sourcePort === witness.sourcePort,
            ),
        ),
    )
    .map(({ line }) => `no witness shows the flow "${line}"`)

/**
 * What became of the flows that were under way before we came: at first, and when the conflicts about them are mended.
 * @param told - those conflicts
 */
export const testOldFlows = async (
  stage: Stage,
  told: readonly ConflictJson[],
  mend: () => Promise<readonly string[]>,
): Promise<readonly string[]> => {
  const { oldFlows } = stage.scenario
  if (oldFlows.length === 0) return []
  const ask = async (moment: Moment): Promise<readonly string[]> =>
    (await Promise.all(oldFlows.map((flow) => askOldFlow(stage, flow, moment)))).flat()
  return [...untold(stage, told), ...(await ask('applied')), ...(await mend()), ...(await ask('forgotten'))]
}
