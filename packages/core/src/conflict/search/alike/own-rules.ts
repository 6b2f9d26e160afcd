import type { NetfilterRuleset, NetfilterTable } from '@portolan/netfilter'
import { ownerOf } from '@portolan/netfilter'

/** The meaning of a name or a range in a managed rule: the network, by its index, and its bridge, subnet or gateway. */
export interface OwnName {
  readonly network: number
  readonly as: 'bridge' | 'subnet' | 'gateway'
}

/** The names and ranges of a project. A range is keyed by its `rangeToken`. */
export interface OwnNames {
  readonly of: ReadonlyMap<string, OwnName>
  /** The addresses of endpoints and of mappings' targets. */
  readonly targets: ReadonlySet<string>
}

/** A managed rule, or an element of a managed map. */
interface Item {
  /** The name of the chain or map that holds it. */
  readonly place: string
  readonly node: unknown
  readonly networks: readonly number[]
}

/**
 * Describes what the managed rules hold for each network. Networks that these rules treat alike get the same text.
 *
 * @param count - how many networks there are
 */
export const describeOwnRules = (
  rulesets: readonly NetfilterRuleset[],
  names: OwnNames,
  count: number,
): readonly string[] => {
  const items: Item[] = []
  /** For each chain, the network with rules that jump there; null: rules of several networks do. */
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
  const descriptions = Array.from({ length: count }, (): string[] => [])
  for (const { place, node, networks } of items) {
    const home = homes.get(place) ?? null
    const concerned = networks.length === 0 && home !== null ? [home] : networks
    if (concerned.length === 0) continue
    // A rule that names two networks applies to no others.
    const whose = concerned.length > 1 ? concerned.join(' ') : ''
    const words = wordsOf(node, names, isHome)
    for (const network of concerned)
      descriptions[network]?.push(`${whose} ${home === null ? place : '@chain'} ${words}`)
  }
  return descriptions.map((lines) => lines.join('\n'))
}

const nameIn = ({ tool, family, name }: NetfilterTable, place: string): string =>
  `${tool} ${family} ${name} ${place}`

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

/** The elements of sets and maps that were not met before, with the names of their set or map. */
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

/** The names and ranges in a value. Those inside sets are left out, because their elements are items of their own. */
const tokensIn = (value: unknown): readonly string[] => {
  if (!isObject(value) || 'elements' in value) return []
  const token = tokenOf(value)
  return token !== null ? [token] : Object.values(value).flatMap(tokensIn)
}

const tokenOf = ({ first, last, text }: Readonly<Record<string, unknown>>): string | null => {
  if (typeof first === 'number' || typeof first === 'bigint') return rangeToken(first, last)
  return typeof text === 'string' ? text : null
}

/** A range of addresses as text. The type tells the families apart: number for IPv4, bigint for IPv6. */
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

/** The chains that a rule or an element jumps to. */
const chainsIn = (value: unknown): readonly string[] => {
  if (!isObject(value) || 'elements' in value) return []
  const { chain } = value
  return typeof chain === 'string' ? [chain] : Object.values(value).flatMap(chainsIn)
}

/** The bare names of chains that only one network uses. */
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
