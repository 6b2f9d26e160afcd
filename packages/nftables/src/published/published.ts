import type { PublishedPort } from '@portolan/core'
import { type Family, families } from '@portolan/netfilter'
import { ownTable } from '../compile/ours.ts'
import { levels, mapName } from '../compile/port-key.ts'
import { ownerOf } from '../compile/tag.ts'
import type { Chain, Element, Expression, Ruleset, Table } from '../model/index.ts'
import { isProtocol, textOf } from './opened.ts'

type Target = PublishedPort['targets'][number]

const stems = ['dnat', 'balanced', 'bound'] as const

/**
 * The host ports that our projects publish, read from our table alone.
 * @example
 * published(await inspect(runner)) // [{ project: 'shop', hostPort: 8080, targets: [...], ... }]
 * @public @since 0.1.0
 */
export const published = (ruleset: Ruleset): readonly PublishedPort[] => {
  const table = ownTable(ruleset)
  if (table === null) return []
  const chains = new Map(table.chains.map((chain) => [chain.name, chain]))
  return families.flatMap((family) => {
    const limited = limitedIn(table, family)
    return stems.flatMap((stem) =>
      (['host', 'any'] as const).flatMap((level) =>
        elementsOf(table, mapName(stem, family, level)).flatMap((item) =>
          readElement(item, family, level === 'host', stem === 'bound', chains).map(
            (port): PublishedPort => (limited.has(item.comment ?? '') ? { ...port, limited: true } : port),
          ),
        ),
      ),
    )
  })
}

/** The comments of the mappings that only some clients may use. */
const limitedIn = (table: Table, family: Family): ReadonlySet<string> =>
  new Set(
    levels.flatMap((level) =>
      elementsOf(table, mapName('restricted', family, level)).flatMap(({ comment }) => comment ?? []),
    ),
  )

/**
 * The projects with rules or elements in our table, sorted.
 * @public @since 0.1.0
 */
export const projectsIn = (ruleset: Ruleset): readonly string[] => {
  const table = ownTable(ruleset)
  const found = new Set<string>()
  const note = (comment: string | null): void => {
    const owner = ownerOf(comment)
    if (owner !== null) found.add(owner)
  }
  for (const set of table?.sets ?? []) for (const { comment } of set.elements) note(comment)
  for (const chain of table?.chains ?? []) for (const { comment } of chain.rules) note(comment)
  return [...found].sort()
}

const elementsOf = (table: Table, name: string): readonly Element[] =>
  table.sets.find((set) => set.name === name)?.elements ?? []

const readElement = (
  { key, data, comment }: Element,
  family: Family,
  isHost: boolean,
  isBound: boolean,
  chains: ReadonlyMap<string, Chain>,
): readonly PublishedPort[] => {
  const project = ownerOf(comment)
  if (project === null || comment === null || key.kind !== 'concat') return []
  const parts = key.parts.map(textOf)
  const device = isBound ? (parts.shift() ?? null) : null
  const hostAddress = isHost ? (parts.shift() ?? null) : null
  const [protocol, port] = parts
  if (!isProtocol(protocol) || port == null) return []
  return [
    {
      project,
      label: comment.slice(project.length + 1),
      family,
      protocol,
      hostAddress,
      hostPort: Number(port),
      interface: device,
      targets: targetsOf(data, chains),
    },
  ]
}

/** The targets of a mapping: the address and port in its element, or those in the chain that the element leads to. */
const targetsOf = (data: Expression | null, chains: ReadonlyMap<string, Chain>): readonly Target[] => {
  if (data === null) return []
  if (data.kind !== 'goto' && data.kind !== 'jump') return endOf(data)
  return (chains.get(data.target)?.rules ?? []).flatMap((rule) =>
    rule.statements.flatMap((statement) => {
      if (statement.kind !== 'dnat' || statement.address === null) return []
      const { address, port } = statement
      if (address.kind !== 'map')
        return port === null ? [] : endOf({ kind: 'concat', parts: [address, port] })
      return address.data.kind === 'set'
        ? address.data.elements.flatMap((one) => (one.data === null ? [] : endOf(one.data)))
        : []
    }),
  )
}

const endOf = (data: Expression): readonly Target[] => {
  if (data.kind !== 'concat') return []
  const [address, port] = data.parts.map(textOf)
  return address == null || port == null ? [] : [{ address, port: Number(port) }]
}
