import type { NetfilterChain, NetfilterTable, Step } from '../../model/index.ts'
import { isZoneTarget } from '../../model/zone-target.ts'
import type { Changeable } from './reading-context.ts'

const anything: readonly Changeable[] = [
  'mark',
  'ct-mark',
  'ct-zone',
  'saddr',
  'daddr',
  'sport',
  'dport',
  'pkttype',
  'tracking',
]

/** The chains that a step may lead to. */
export const chainsOf = (step: Step): readonly string[] => {
  if (step.kind === 'verdict') return 'chain' in step.verdict ? [step.verdict.chain] : []
  if (step.kind !== 'dispatch') return []
  const { elements, otherwise } = step.table
  return [...elements.map(({ data }) => data), ...(otherwise === null ? [] : [otherwise])].flatMap((data) =>
    data.kind === 'verdict' && 'chain' in data.verdict ? [data.verdict.chain] : [],
  )
}

/** What a step itself may change for later rules. */
const changesOfStep = (step: Step): readonly Changeable[] => {
  switch (step.kind) {
    case 'set':
      return [isZoneTarget(step.target) ? 'ct-zone' : step.target]
    case 'rewrite':
      return ['saddr', 'daddr', 'sport', 'dport']
    case 'notrack':
      return ['tracking']
    case 'tproxy':
      return ['mark']
    case 'unknown-action':
      return anything
    default:
      return []
  }
}

/** Tells what a step may change, the chains it leads to included, for all rules of one table. */
export const readChanges = (table: NetfilterTable): ((step: Step) => readonly Changeable[]) => {
  const chains = new Map(table.chains.map((chain) => [chain.name, chain]))
  const known = new Map<string, ReadonlySet<Changeable>>()
  const changesIn = (name: string): ReadonlySet<Changeable> => {
    const done = known.get(name)
    if (done !== undefined) return done
    const found = new Set<Changeable>()
    for (const chain of reachableFrom(name, chains))
      for (const { steps } of chain.rules)
        for (const step of steps) for (const what of changesOfStep(step)) found.add(what)
    known.set(name, found)
    return found
  }
  return (step) => {
    const led = chainsOf(step)
    if (led.length === 0) return changesOfStep(step)
    return [...new Set(led.flatMap((name) => [...changesIn(name)]))]
  }
}

const reachableFrom = (
  name: string,
  chains: ReadonlyMap<string, NetfilterChain>,
): readonly NetfilterChain[] => {
  const reached: NetfilterChain[] = []
  const seen = new Set([name])
  for (const next of seen) {
    const chain = chains.get(next)
    if (chain === undefined) continue
    reached.push(chain)
    for (const { steps } of chain.rules)
      for (const step of steps) for (const led of chainsOf(step)) seen.add(led)
  }
  return reached
}
