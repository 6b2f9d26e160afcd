import type { Hook, NetfilterTable } from '../../model/index.ts'
import { chainsOf } from './chain-changes.ts'

/** The hooks that each chain of a table is reached from. */
export const reachingHooks = (table: NetfilterTable): ReadonlyMap<string, ReadonlySet<Hook>> => {
  const chains = new Map(table.chains.map((chain) => [chain.name, chain]))
  const reached = new Map<string, Set<Hook>>()
  const led = new Map<string, ReadonlySet<string>>()
  const leads = (name: string): ReadonlySet<string> => {
    const known =
      led.get(name) ?? new Set(chains.get(name)?.rules.flatMap(({ steps }) => steps.flatMap(chainsOf)))
    led.set(name, known)
    return known
  }
  for (const { name: start, base } of table.chains) {
    if (base === null) continue
    const seen = new Set([start])
    for (const name of seen) {
      const hooks = reached.get(name) ?? new Set()
      reached.set(name, hooks.add(base.hook))
      for (const next of leads(name)) seen.add(next)
    }
  }
  return reached
}
