import {
  InvalidRequestError,
  ParseError,
  type SourcePosition,
  tryParseHostOrPrefix,
} from '@portolan/netfilter'
import { checkText } from '@portolan/netfilter/schema'
import { parseClusterUrl } from '../block/cluster-url.ts'
import { type MapTree, nameOf, type ScalarTree, type Tree } from '../intent/compose/tree.ts'
import { readYaml } from '../intent/compose/yaml-tree.ts'
import { parsePool, type ReservedRange } from '../pool/index.ts'
import { type Config, emptyConfig } from './config.ts'

/**
 * The keys of the file. Each has the spelling of the command's option beside it, because people write that in the file
 * too.
 */
const keys = { pools: 'pool', reserved: 'reserve', allowed: 'allow', cluster: 'cluster' } as const

type Key = keyof typeof keys

/**
 * Reads a config file. `Config` shows what it looks like; a single value may stand in the place of a list.
 *
 * @param source - what to call the text in errors: its path
 * @throws ParseError, with line and column, for invalid YAML, an unknown key, an invalid pool, an invalid range or an
 * invalid cluster URL
 * @example
 * parseConfig('reserved: [10.0.0.0/8]', 'config.yaml').reserved // [{ range: '10.0.0.0/8', from: 'config.yaml:1' }]
 * @public @since 0.1.0
 */
export const parseConfig = (text: string, source: string): Config => {
  checkText(text, 'text')
  checkText(source, 'source')
  const [root, second] = readYaml(text, source)
  if (root === undefined) return emptyConfig
  if (second !== undefined) throw refuse(second, 'expected one document, found a second')
  if (root.kind !== 'map')
    throw refuse(root, `expected keys such as pools, reserved and allowed, found ${nameOf(root)}`)
  const found = sortKeys(root)
  return {
    pools: found.pools === undefined ? null : itemsOf(found.pools).map(poolText),
    reserved: itemsOf(found.reserved).map((item): ReservedRange => {
      const { text: range, place } = rangeOf(item, 'reserved')
      return { range, from: `${place.source}:${place.line}` }
    }),
    allowed: itemsOf(found.allowed).map((item) => rangeOf(item, 'allowed').text),
    ...(found.cluster === undefined ? {} : { cluster: clusterUrl(found.cluster) }),
  }
}

const sortKeys = (root: MapTree): { readonly [key in Key]?: Tree } => {
  const found: { [key in Key]?: Tree } = {}
  for (const [written, { keyPlace, value }] of root.entries) {
    if (written.startsWith('x-')) continue
    const key = (Object.keys(keys) as Key[]).find((name) => name === written || keys[name] === written)
    if (key === undefined)
      throw new ParseError(
        `unknown key "${written}": expected one of ${Object.keys(keys).join(', ')}`,
        keyPlace,
        written,
      )
    if (found[key] !== undefined)
      throw new ParseError(`"${written}" says again what ${key} says: keep one of them`, keyPlace, written)
    if (value.kind === 'scalar' && value.isNull) continue
    found[key] = value
  }
  return found
}

const itemsOf = (tree: Tree | undefined): readonly Tree[] => {
  if (tree === undefined) return []
  return tree.kind === 'list' ? tree.items : [tree]
}

/** `10.0.0.0/8:24`, or a mapping of `base` and `size` as Docker's daemon.json has them. */
const poolText = (item: Tree): string => {
  const { text, place } = item.kind === 'map' ? { text: baseAndSize(item), place: item.place } : scalar(item)
  try {
    return parsePool(text).name
  } catch (cause) {
    if (!(cause instanceof InvalidRequestError)) throw cause
    throw new ParseError(`pools: ${cause.message}`, place, text, { cause })
  }
}

const clusterUrl = (item: Tree): string => {
  if (item.kind !== 'scalar')
    throw refuse(item, `cluster: expected a URL such as etcd://192.0.2.1:2379/prod, found ${nameOf(item)}`)
  try {
    parseClusterUrl(item.text)
    return item.text
  } catch (cause) {
    if (!(cause instanceof InvalidRequestError)) throw cause
    // The text is not repeated: it may have a password in it.
    throw new ParseError(`cluster: ${cause.message}`, insideQuotes(item), '', { cause })
  }
}

const baseAndSize = (map: MapTree): string => {
  for (const [key, { keyPlace }] of map.entries)
    if (key !== 'base' && key !== 'size')
      throw new ParseError(`pools: unknown key "${key}": expected base and size`, keyPlace, key)
  const base = map.entries.get('base')?.value
  const size = map.entries.get('size')?.value
  if (base === undefined || size === undefined)
    throw refuse(map, 'pools: expected both base and size, such as {base: 10.0.0.0/8, size: 24}')
  return `${scalar(base).text}:${scalar(size).text}`
}

const scalar = (item: Tree): { readonly text: string; readonly place: SourcePosition } => {
  if (item.kind !== 'scalar' || item.isNull)
    throw refuse(item, `pools: expected a pool such as classic or 10.0.0.0/8:24, found ${nameOf(item)}`)
  return { text: item.text, place: insideQuotes(item) }
}

const rangeOf = (item: Tree, key: Key): { readonly text: string; readonly place: SourcePosition } => {
  if (item.kind === 'scalar' && tryParseHostOrPrefix(item.text) !== null)
    return { text: item.text, place: insideQuotes(item) }
  throw refuse(
    item,
    `${key}: expected an address or a prefix, such as 192.0.2.1, 192.0.2.0/24 or 2001:db8::/64, found ${nameOf(item)}`,
  )
}

const insideQuotes = ({ place, inset }: ScalarTree): SourcePosition => ({
  ...place,
  column: place.column + (inset ?? 0),
})

const refuse = (tree: Tree, message: string): ParseError =>
  new ParseError(
    message,
    tree.kind === 'scalar' ? insideQuotes(tree) : tree.place,
    tree.kind === 'scalar' ? tree.text : '',
  )
