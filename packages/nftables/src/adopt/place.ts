import { type Element, identity } from '../model/index.ts'

const mappingSet = /^(dnat|balanced|bound|restricted)([46])(.*)$/

/**
 * What the maps of one kind of mapping have in common. A mapping of one key stands in one of several maps, by what it
 * needs, and its restrictions in another: two projects that want the same place clash whatever map each would use.
 */
const slotOf = (set: string): string => {
  const [, stem, family, level] = mappingSet.exec(set) ?? []
  if (stem === undefined) return set
  return `port${family}${stem === 'bound' ? '_bound' : ''}${level}`
}

/** The place that an element of a set claims. */
export const placeOf = (set: string, { key }: Element): string => `${slotOf(set)} ${identity(key)}`

/** Does a set hold mappings of host ports, each with where it leads? */
export const isTranslation = (set: string): boolean => mappingSet.test(set) && !isRestriction(set)

/** Does a set hold restrictions of mappings, which stand beside the mappings themselves? */
export const isRestriction = (set: string): boolean => set.startsWith('restricted')
