import { machineOf } from './machine-of.ts'
import type { ForeignFlow } from './scenario.ts'
import { deleteFlows, type Stage } from './stage.ts'

/** Checks that the flows of other programs still work, or are lost where the scenario says so. */
export const testForeignFlows = async (
  stage: Stage,
  when: 'before' | 'applied',
): Promise<readonly string[]> => {
  if (stage.scenario.foreignFlows.length === 0) return []
  await deleteFlows(stage)
  const complaints = await Promise.all(
    stage.scenario.foreignFlows.map(async (flow: ForeignFlow) => {
      const { from, destination, port, protocol, by, isLost } = flow
      const outcome = await machineOf(stage.lab, from).probe({ protocol, destination, port, timeoutMs: 1500 })
      const answered = outcome.delivered && outcome.by === by
      if (answered === !(when === 'applied' && isLost)) return null
      const seen = outcome.delivered ? `answered by ${outcome.by}` : outcome.how
      return `${when}: ${from} to ${destination}:${port}/${protocol}, which is ${by}'s: ${seen}`
    }),
  )
  return complaints.filter((text) => text !== null)
}
