import type { PlanInput } from './make-plan.ts'

/** The largest brief search, as ports and networks times rules. It takes some 50 ms, and a thread starts in 200 ms. */
const BRIEF = 1000

/** Tells whether a search for conflicts would end before a thread for it had started. */
export const isBriefSearch = ({ intent, live, present }: PlanInput): boolean => {
  const portCounts = intent.mappings.map(({ hostPorts, containerPorts }) =>
    lengthOf(hostPorts ?? containerPorts),
  )
  const asked = [...portCounts, live.length, intent.networks.length].reduce((sum, count) => sum + count, 0)
  const chains = present().flatMap(({ tables }) => tables.flatMap((table) => table.chains))
  return asked * chains.reduce((sum, { rules }) => sum + rules.length, 0) <= BRIEF
}

const lengthOf = ({ first, last }: { readonly first: number; readonly last: number }): number =>
  last - first + 1
