import { families } from '@portolan/netfilter'
import { concat, type Element, type Expression, element, identity } from '../../model/index.ts'
import { mapName } from '../port-key.ts'

type Elements = ReadonlyMap<string, readonly Element[]>

/** The interface at the start of a `bound` map's key, and the rest of the key. */
const split = (key: Expression): { readonly name: string; readonly rest: Expression } | null => {
  if (key.kind !== 'concat') return null
  const [first, ...rest] = key.parts
  return first?.kind === 'text' ? { name: first.text, rest: concat(...rest) } : null
}

/**
 * Adds the `inside` maps, by which the host and its containers reach ports that are bound to an interface. Other
 * machines reach such a port by that interface alone; the host and its containers reach it from anywhere. The maps come
 * from all projects together. Where several mappings bind one port to different interfaces, the first interface by name
 * is used, whatever the order of the mappings.
 */
export const openInside = (elements: Elements): Elements => {
  const all = new Map(elements)
  for (const family of families) {
    for (const level of ['host', 'any'] as const) {
      const chosen = new Map<string, { readonly name: string; readonly item: Element }>()
      for (const { key, data, comment } of elements.get(mapName('bound', family, level)) ?? []) {
        const parts = split(key)
        if (parts === null) continue
        const place = identity(parts.rest)
        const known = chosen.get(place)
        if (known !== undefined && known.name <= parts.name) continue
        chosen.set(place, { name: parts.name, item: element(parts.rest, data, comment) })
      }
      if (chosen.size > 0)
        all.set(
          mapName('inside', family, level),
          [...chosen.values()].map(({ item }) => item),
        )
    }
  }
  return all
}

/** Is this a map that `openInside` made? `openInside` makes it again. */
export const isOpenedInside = (set: string): boolean => set.startsWith('inside')
