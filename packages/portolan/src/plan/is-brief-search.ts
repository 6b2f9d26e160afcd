import type { PlanInput } from './make-plan.ts'

/** Ports and networks times rules: a search of that many takes some 50 ms, and a thread begins in 200 ms. */
const BRIEF = 1000

/** Is a search for conflicts over before a thread for it had begun? */
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
