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

/**
 * Is this an address of 127.0.0.0/8? No other machine may reach a loopback address, so its mapping gets no exemption.
 */
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
 * Adds an exemption for each open mapping whose port a less exact mapping restricts. Example: 192.0.2.2:8080 is open to
 * all, and 8080 on the other addresses only to some sources. The two mappings may belong to different projects, so the
 * exemptions come from all projects together.
 */
export const exempt = (elements: Elements): Elements => {
  const all = new Map(elements)
  for (const family of families) exemptFamily(all, family)
  return all
}

/** Is this an element that `exempt` made? `exempt` makes it again. */
export const isExemption = (set: string, { data }: Element): boolean =>
  set.startsWith('restricted') && data?.kind === 'accept'
