import { type Element, identity } from '../model/index.ts'

const mappingSet = /^(dnat|balanced|bound|restricted)([46])(.*)$/

/**
 * The name that all maps for one kind of mapping share. A mapping goes into one of several maps, and its restrictions
 * into another. Two projects that want the same port clash, even where each would use another map.
 */
const slotOf = (set: string): string => {
  const [, stem, family, level] = mappingSet.exec(set) ?? []
  if (stem === undefined) return set
  return `port${family}${stem === 'bound' ? '_bound' : ''}${level}`
}

/** The place that an element of a set occupies. Two elements with the same place cannot both be in the table. */
export const placeOf = (set: string, { key }: Element): string => `${slotOf(set)} ${identity(key)}`

/** Does this set hold mappings of host ports and their targets? */
export const isTranslation = (set: string): boolean => mappingSet.test(set) && !isRestriction(set)

/** Does this set hold the restrictions of mappings? They are kept in maps of their own, beside the mappings. */
export const isRestriction = (set: string): boolean => set.startsWith('restricted')
