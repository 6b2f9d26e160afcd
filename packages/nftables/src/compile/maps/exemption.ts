import { type Family, families } from '@portolan/netfilter'
import { accept, type Element, type Expression, element, identity } from '../../model/index.ts'
import { type Level, levels, mapName } from '../port-key.ts'

type Elements = ReadonlyMap<string, readonly Element[]>

/** The maps that hold mappings of one level. */
const mapsOf = (family: Family, level: Level): readonly string[] =>
  level === 'bound-host' || level === 'bound'
    ? [mapName('bound', family, level === 'bound' ? 'any' : 'host')]
    : [mapName('dnat', family, level), mapName('balanced', family, level)]

/** Protocol and port: the last two parts of every key. */
const portOf = (key: Expression): string =>
  key.kind === 'concat' ? key.parts.slice(-2).map(identity).join(' ') : identity(key)

/** 127.0.0.0/8, which no other machine may reach whatever is published there. */
export const isLoopback = (address: string): boolean => address.startsWith('127.')

const isLoopbackKey = (key: Expression): boolean =>
  key.kind === 'concat' && key.parts.some((part) => part.kind === 'text' && isLoopback(part.text))

const restrictedPorts = (elements: Elements, family: Family): ReadonlySet<string> =>
  new Set(
    levels.flatMap((level) =>
      (elements.get(mapName('restricted', family, level)) ?? []).map(({ key }) => portOf(key)),
    ),
  )

const exemptFamily = (elements: Map<string, readonly Element[]>, family: Family): void => {
  const ports = restrictedPorts(elements, family)
  if (ports.size === 0) return
  for (const level of levels) {
    if (level === 'any') continue
    const name = mapName('restricted', family, level)
    const restricted = elements.get(name) ?? []
    const keys = new Set(restricted.map(({ key }) => identity(key)))
    const open = mapsOf(family, level)
      .flatMap((map) => elements.get(map) ?? [])
      .filter(({ key }) => !isLoopbackKey(key) && ports.has(portOf(key)) && !keys.has(identity(key)))
      .map(({ key, comment }) => element(key, accept, comment))
    if (open.length > 0) elements.set(name, [...restricted, ...open])
  }
}

/**
 * A mapping that everyone may use keeps its port open where a less exact mapping of the same port restricts
 * it: 192.0.2.2:8080 for all, next to 8080 for some. Derived from all projects together, as the two may be of
 * different ones.
 */
export const exempt = (elements: Elements): Elements => {
  const all = new Map(elements)
  for (const family of families) exemptFamily(all, family)
  return all
}

/** An element that `exempt` made, and will make again. */
export const isExemption = (set: string, { data }: Element): boolean =>
  set.startsWith('restricted') && data?.kind === 'accept'
