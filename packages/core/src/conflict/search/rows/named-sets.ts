import type { RangeSet } from '@portolan/netfilter/analysis'

/** Sets by name, each made once: what is learnt about a set is kept by its object. */
export type NamedSets = (name: string, make: () => RangeSet) => RangeSet

export const namedSets = (): NamedSets => {
  const sets = new Map<string, RangeSet>()
  return (name, make) => {
    const known = sets.get(name)
    if (known !== undefined) return known
    const made = make()
    sets.set(name, made)
    return made
  }
}
