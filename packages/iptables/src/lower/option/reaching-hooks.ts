import type { Hook } from '@portolan/netfilter'
import type { Table } from '../../model/ruleset.ts'
import { baseHook } from './base-hook.ts'

/** The hooks from which each chain of a table can be reached, by jumps and gotos. */
export const reachingHooks = (table: Table): ReadonlyMap<string, ReadonlySet<Hook>> => {
  const leadsTo = new Map(
    table.chains.map(({ name, rules }) => [
      name,
      new Set(
        rules.flatMap(({ target }) =>
          target?.kind === 'jump' || target?.kind === 'goto' ? [target.chain] : [],
        ),
      ),
    ]),
  )
  const reached = new Map<string, Set<Hook>>(table.chains.map(({ name }) => [name, new Set()]))
  for (const chain of table.chains) {
    const hook = baseHook(table.name, chain, 'iptables-nft')?.hook
    if (hook === undefined) continue
    const pending = [chain.name]
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const hooks = reached.get(next)
      if (hooks === undefined || hooks.has(hook)) continue
      hooks.add(hook)
      pending.push(...(leadsTo.get(next) ?? []))
    }
  }
  return reached
}
