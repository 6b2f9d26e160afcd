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
        const add = (place: string, node: unknown): void => {
          const networks = networksIn(node, names)
          const [only = null, ...others] = networks
          if (only !== null || place === chain.name)
            items.push({ place: nameIn(table, place), node, networks })
          noteHomes(homes, table, node, others.length > 0 ? null : only)
        }
        for (const { steps } of chain.rules) {
          const acting = steps.filter(({ kind }) => kind !== 'note')
          add(chain.name, acting)
          addElements(acting, seen, add)
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

/** Adds the elements of sets and maps that were not met before, each as an item. */
const addElements = (
  value: unknown,
  seen: Set<object>,
  add: (place: string, node: unknown) => void,
): void => {
  if (!isObject(value)) return
  const { elements } = value
  if (!Array.isArray(elements)) {
    for (const key in value) addElements(value[key], seen, add)
  } else if (!seen.has(value)) {
    seen.add(value)
    const place = `map ${String(value.name)}`
    for (const element of elements) add(place, element)
  }
}

/** The networks that a value names. Those inside sets are left out, because their elements are items of their own. */
const networksIn = (value: unknown, names: OwnNames, found: number[] = []): readonly number[] => {
  if (!isObject(value) || 'elements' in value) return found
  const token = tokenOf(value)
  if (token === null) {
    for (const key in value) networksIn(value[key], names, found)
    return found
  }
  const network = names.of.get(token)?.network
  if (network !== undefined && !found.includes(network)) found.push(network)
  return found
}

const tokenOf = ({ first, last, text }: Readonly<Record<string, unknown>>): string | null => {
  if (typeof first === 'number' || typeof first === 'bigint') return rangeToken(first, last)
  return typeof text === 'string' ? text : null
}

/** A range of addresses as text. The type tells the families apart: number for IPv4, bigint for IPv6. */
export const rangeToken = (first: number | bigint, last: unknown): string =>
  `${typeof first} ${first} ${last}`

/** Notes the chains that a rule or an element jumps to, with the network that it names. */
const noteHomes = (
  homes: Map<string, number | null>,
  table: NetfilterTable,
  value: unknown,
  network: number | null,
): void => {
  if (!isObject(value) || 'elements' in value) return
  const { chain } = value
  if (typeof chain === 'string') {
    const name = nameIn(table, chain)
    const before = homes.get(name)
    homes.set(name, before === undefined || before === network ? network : null)
  } else for (const key in value) noteHomes(homes, table, value[key], network)
}

/** The bare names of chains that only one network uses. */
const privateNames = (homes: ReadonlyMap<string, number | null>): ReadonlySet<string> =>
  new Set([...homes].flatMap(([name, home]) => (home === null ? [] : [name.split(' ').at(-1) ?? ''])))

/** Writes a value as text, with words in place of what belongs to one network, and sets by their names. */
const wordsOf = (value: unknown, names: OwnNames, isHome: ReadonlySet<string>): string => {
  if (!isObject(value)) return typeof value === 'bigint' ? String(value) : JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map((one) => wordsOf(one, names, isHome)).join()}]`
  if ('elements' in value && value.name !== undefined) return JSON.stringify(value.name)
  const token = tokenOf(value)
  if (token !== null) {
    const own = names.of.get(token)
    if (own !== undefined) return `@${own.as}`
    if (names.targets.has(token)) return '@target'
  }
  let words = '{'
  for (const key in value) {
    const one = value[key]
    if (one !== undefined)
      words += `${key}:${key === 'chain' && typeof one === 'string' && isHome.has(one) ? '@chain' : wordsOf(one, names, isHome)},`
  }
  return `${words}}`
}
