import { families } from '@portolan/netfilter'
import { concat, type Element, type Expression, element, identity } from '../../model/index.ts'
import { mapName } from '../port-key.ts'

type Elements = ReadonlyMap<string, readonly Element[]>

/** The interface that a key of a `bound` map begins with, and the rest of the key. */
const split = (key: Expression): { readonly name: string; readonly rest: Expression } | null => {
  if (key.kind !== 'concat') return null
  const [first, ...rest] = key.parts
  return first?.kind === 'text' ? { name: first.text, rest: concat(...rest) } : null
}

/**
 * Ports that other machines reach by one interface only, as the host itself and its containers reach them: by
 * whatever way they come. Derived from all projects together: where several bind one port, each to an interface
 * of its own, the first interface by name is the one they get, in whatever order they came.
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

/** An element that `openInside` made, and will make again. */
export const isOpenedInside = (set: string): boolean => set.startsWith('inside')
