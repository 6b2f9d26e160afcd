import type { NetfilterRuleset, NetfilterTable } from '@portolan/netfilter'
import { ownerOf } from '@portolan/netfilter'

/** What a name or a range in our rules stands for: the network, by its place, and what of it. */
export interface OwnName {
  readonly network: number
  readonly as: 'bridge' | 'subnet' | 'gateway'
}

/** Names and ranges of a project, by `rangeToken` or as they are. */
export interface OwnNames {
  readonly of: ReadonlyMap<string, OwnName>
  /** Addresses that mappings lead to, or that endpoints have. */
  readonly targets: ReadonlySet<string>
}

/** A rule of ours, or an element of a map of ours. */
interface Item {
  /** The chain or the map. */
  readonly place: string
  readonly node: unknown
  readonly networks: readonly number[]
}

/**
 * What our rules have of each network, in words that are the same for networks that they treat alike.
 *
 * @param count - how many networks there are
 */
export const describeOwnRules = (
  rulesets: readonly NetfilterRuleset[],
  names: OwnNames,
  count: number,
): readonly string[] => {
  const items: Item[] = []
  /** By chain: the network whose rules lead there; null where those of several do. */
  const homes = new Map<string, number | null>()
  const seen = new Set<object>()
  for (const { tables } of rulesets)
    for (const table of tables)
      for (const chain of table.chains) {
        if (ownerOf(table, chain, null) !== 'portolan') continue
        for (const { steps } of chain.rules) {
          const acting = steps.filter(({ kind }) => kind !== 'note')
          for (const [place, node] of [[chain.name, acting] as const, ...elementsIn(acting, seen)]) {
            const item = readItem(nameIn(table, place), node, names)
            if (item.networks.length > 0 || place === chain.name) items.push(item)
            noteHomes(homes, table, item)
          }
        }
      }
  const isHome = privateNames(homes)
  const told = Array.from({ length: count }, (): string[] => [])
  for (const { place, node, networks } of items) {
    const home = homes.get(place) ?? null
    const concerned = networks.length === 0 && home !== null ? [home] : networks
    if (concerned.length === 0) continue
    // What names two networks is for no others.
    const whose = concerned.length > 1 ? concerned.join(' ') : ''
    const words = wordsOf(node, names, isHome)
    for (const network of concerned)
      told[network]?.push(`${whose} ${home === null ? place : '@chain'} ${words}`)
  }
  return told.map((lines) => lines.join('\n'))
}

const nameIn = ({ tool, family, name }: NetfilterTable, place: string): string =>
  `${tool} ${family} ${name} ${place}`

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

/** The elements of sets and maps that were not met before, by the name of theirs. */
const elementsIn = (
  value: unknown,
  seen: Set<object>,
): readonly (readonly [place: string, node: unknown])[] => {
  if (!isObject(value)) return []
  const { elements } = value
  if (!Array.isArray(elements)) return Object.values(value).flatMap((one) => elementsIn(one, seen))
  if (seen.has(value)) return []
  seen.add(value)
  return elements.map((element) => [`map ${String(value.name)}`, element] as const)
}

const readItem = (place: string, node: unknown, names: OwnNames): Item => {
  const networks = new Set<number>()
  for (const token of tokensIn(node)) {
    const own = names.of.get(token)
    if (own !== undefined) networks.add(own.network)
  }
  return { place, node, networks: [...networks] }
}

/** Names and ranges; those of sets are read for themselves. */
const tokensIn = (value: unknown): readonly string[] => {
  if (!isObject(value) || 'elements' in value) return []
  const token = tokenOf(value)
  return token !== null ? [token] : Object.values(value).flatMap(tokensIn)
}

const tokenOf = ({ first, last, text }: Readonly<Record<string, unknown>>): string | null => {
  if (typeof first === 'number' || typeof first === 'bigint') return rangeToken(first, last)
  return typeof text === 'string' ? text : null
}

/** A range of addresses as text: those of IPv4 are numbers, those of IPv6 are not. */
export const rangeToken = (first: number | bigint, last: unknown): string =>
  `${typeof first} ${first} ${last}`

const noteHomes = (
  homes: Map<string, number | null>,
  table: NetfilterTable,
  { node, networks: [only, ...others] }: Item,
): void => {
  for (const chain of chainsIn(node)) {
    const name = nameIn(table, chain)
    const network = only === undefined || others.length > 0 ? null : only
    const before = homes.get(name)
    homes.set(name, before === undefined || before === network ? network : null)
  }
}

/** The chains that something leads to. */
const chainsIn = (value: unknown): readonly string[] => {
  if (!isObject(value) || 'elements' in value) return []
  const { chain } = value
  return typeof chain === 'string' ? [chain] : Object.values(value).flatMap(chainsIn)
}

/** The last words of the chains that are for one network only. */
const privateNames = (homes: ReadonlyMap<string, number | null>): ReadonlySet<string> =>
  new Set([...homes].flatMap(([name, home]) => (home === null ? [] : [name.split(' ').at(-1) ?? ''])))

const wordsOf = (node: unknown, names: OwnNames, isHome: ReadonlySet<string>): string =>
  JSON.stringify(node, (key, value: unknown) => {
    if (typeof value === 'bigint') return String(value)
    if (key === 'chain' && typeof value === 'string') return isHome.has(value) ? '@chain' : value
    if (!isObject(value)) return value
    if ('elements' in value) return value.name ?? value
    const token = tokenOf(value)
    if (token === null) return value
    const own = names.of.get(token)
    return own !== undefined ? `@${own.as}` : names.targets.has(token) ? '@target' : value
  })
