// Only in nftables: a restriction is an element that leads to a chain, and each of the two can be lost alone.

import { families } from '@portolan/netfilter'
import { restrictionChain } from '../compile/mapping.ts'
import type { Parts } from '../compile/parts.ts'
import { type Level, levels, mapName } from '../compile/port-key.ts'
import { type Element, type Expression, element, goto, identity } from '../model/index.ts'

/** The maps that hold the mappings of each level. */
const mappingMaps: Readonly<Record<Level, readonly [stem: string, level: 'host' | 'any'][]>> = {
  'bound-host': [['bound', 'host']],
  host: [
    ['dnat', 'host'],
    ['balanced', 'host'],
  ],
  bound: [['bound', 'any']],
  any: [
    ['dnat', 'any'],
    ['balanced', 'any'],
  ],
}

const wordOf = (part: Expression | undefined): string | null =>
  part?.kind === 'text' ? part.text : part?.kind === 'number' ? String(part.value) : null

/** The name of the restriction chain for the mapping with this key. The mapping may have no such chain. */
const chainOf = (family: 'ip' | 'ip6', level: Level, key: Expression): string | null => {
  if (key.kind !== 'concat') return null
  const words = key.parts.map(wordOf)
  const device = level === 'bound' || level === 'bound-host' ? (words.shift() ?? null) : null
  const hostAddress = level === 'host' || level === 'bound-host' ? (words.shift() ?? null) : null
  const [protocol, port] = words
  if (protocol == null || port == null) return null
  return restrictionChain({ family, protocol, hostPort: Number(port), hostAddress, interface: device })
}

/**
 * Leads each mapping to its restriction chain again where only the elements of the `restricted` maps are lost. The name
 * of the chain tells the mapping. Without the element the port is open to every source.
 */
export const reattach = (parts: Parts): Parts => {
  const orphans = new Set(parts.chains.flatMap(({ name }) => (name.startsWith('allow') ? [name] : [])))
  if (orphans.size === 0) return parts
  const elements = new Map(parts.elements)
  for (const family of families)
    for (const level of levels) {
      const name = mapName('restricted', family, level)
      const held = elements.get(name) ?? []
      const keys = new Set(held.map(({ key }) => identity(key)))
      const added = mappingMaps[level]
        .flatMap(([stem, at]) => elements.get(mapName(stem, family, at)) ?? [])
        .flatMap(({ key, comment }): readonly Element[] => {
          const chain = chainOf(family, level, key)
          if (chain === null || !orphans.has(chain) || keys.has(identity(key))) return []
          return [element(key, goto(chain), comment)]
        })
      if (added.length > 0) elements.set(name, [...held, ...added])
    }
  return { ...parts, elements }
}
