import { ParseError, parseErrorAt } from '@portolan/netfilter'
import { checkText } from '@portolan/netfilter/schema'
import {
  type Chain,
  isArray,
  isObject,
  type JsonObject,
  type JsonValue,
  type NamedSet,
  type Rule,
  type Ruleset,
  type Table,
} from '../model/index.ts'
import { tagOf } from './json/fields.ts'
import { checkNesting, readJson } from './json/json-text.ts'
import { offsetOfEntry } from './json/nesting.ts'
import { hasUnknownKeys, readChain, readRule, readSet, readTable } from './json/object.ts'
import { visitPieces } from './json/pieces.ts'

interface OpenChain {
  readonly chain: Chain
  readonly rules: Rule[]
}

interface OpenTable {
  readonly table: Table
  readonly sets: NamedSet[]
  readonly chains: Map<string, OpenChain>
  readonly opaque: JsonObject[]
}

const close = ({ table, sets, chains, opaque }: OpenTable): Table => ({
  ...table,
  sets,
  chains: [...chains.values()].map(({ chain, rules }) => ({ ...chain, rules })),
  opaque,
})

/** Adds one object to its table; false when the table cannot hold it. */
const place = (open: OpenTable, tag: string, body: JsonObject): boolean => {
  if (tag === 'chain') {
    const chain = readChain(body)
    // A script may name a chain twice. The rules read so far stay.
    if (chain === null || open.chains.has(chain.name)) return false
    open.chains.set(chain.name, { chain, rules: [] })
    return !hasUnknownKeys(body)
  }
  if (tag === 'rule') {
    const rule = readRule(body)
    const chain = typeof body.chain === 'string' ? open.chains.get(body.chain) : undefined
    if (rule === null || chain === undefined) return false
    chain.rules.push(rule)
    return true
  }
  if (tag === 'set' || tag === 'map') {
    const set = readSet(tag, body)
    if (set !== null) open.sets.push(set)
    return set !== null
  }
  return false
}

type Tagged = readonly [tag: string, body: JsonValue]

/** The name of the table that `{"delete": {"table": ...}}` in a script deletes; null for other entries. */
const deletedTable = ([verb, object]: Tagged): string | null => {
  const [tag, body] = verb === 'delete' ? (tagOf(object) ?? []) : []
  return tag === 'table' && isObject(body) ? `${String(body.family)} ${String(body.name)}` : null
}

/** Removes the `add` around an object: `{"add": {"table": ...}}` in a script means `{"table": ...}` in a listing. */
const unwrap = (tagged: Tagged): Tagged | null => (tagged[0] === 'add' ? tagOf(tagged[1]) : tagged)

interface Reading {
  readonly tables: Map<string, OpenTable>
  /** Tables without a known family or a name. Their objects are kept verbatim. */
  readonly oddTables: Set<string>
  readonly opaque: JsonObject[]
  /** The number of entries read. */
  count: number
  /** The first entry whose table or chain is missing in the text; null: none so far. */
  stray: Stray | null
}

interface Stray {
  readonly index: number
  /** The missing table or chain: `table inet web`. */
  readonly of: string
  readonly tag: string
}

const startReading = (): Reading => ({
  tables: new Map(),
  oddTables: new Set(),
  opaque: [],
  count: 0,
  stray: null,
})

/** Is this a rule of a chain that the table lacks? A chain that is kept verbatim counts as present. */
const lacksChain = (open: OpenTable, tag: string, { chain }: JsonObject): boolean =>
  tag === 'rule' &&
  typeof chain === 'string' &&
  !open.chains.has(chain) &&
  !open.opaque.some((kept) => isObject(kept.chain) && kept.chain.name === chain)

const finish = ({ tables, opaque }: Reading): Ruleset => ({ tables: [...tables.values()].map(close), opaque })

const readEntry = (reading: Reading, json: JsonObject): void => {
  const { tables, oddTables, opaque } = reading
  const index = reading.count
  reading.count += 1
  const tagged = tagOf(json)
  const [tag, body] = (tagged === null ? null : unwrap(tagged)) ?? []
  if (tag === 'metainfo') return
  const deleted = tagged === null ? null : deletedTable(tagged)
  if (deleted !== null) {
    tables.delete(deleted)
    return
  }
  if (tag === undefined || !isObject(body)) {
    opaque.push(json)
    return
  }
  if (tag === 'table') {
    const table = readTable(body)
    if (table === null) {
      oddTables.add(`${String(body.family)} ${String(body.name)}`)
      opaque.push({ table: body })
      return
    }
    const name = `${table.family} ${table.name}`
    const before = tables.get(name)
    if (before !== undefined) before.opaque.push({ table: body })
    else tables.set(name, { table, sets: [], chains: new Map(), opaque: [...table.opaque] })
    return
  }
  const name = `${String(body.family)} ${String(body.table)}`
  const open = tables.get(name)
  if (open === undefined) {
    if (typeof body.table === 'string' && !oddTables.has(name))
      reading.stray ??= { index, of: `table ${name}`, tag }
    opaque.push({ [tag]: body })
  } else if (!place(open, tag, body)) {
    if (lacksChain(open, tag, body))
      reading.stray ??= { index, of: `chain ${String(body.chain)} of table ${name}`, tag }
    open.opaque.push({ [tag]: body })
  }
}

/** Refuses a part of a listing. It does not show what packets meet in the rest. */
const checkWhole = ({ stray }: Reading, text: string, source: string): void => {
  if (stray === null) return
  throw parseErrorAt(
    text,
    source,
    offsetOfEntry(text, stray.index),
    `This ${stray.tag} is of ${stray.of}, and no entry before it is that ${stray.of.split(' ')[0]}: the text is a part of a listing. Make the file with "nft -j list ruleset".`,
  )
}

/**
 * The entries of a listing that could not be read in pieces.
 * @throws ParseError when it is not JSON, or not nft's
 */
const entriesOf = (text: string, source: string): readonly JsonObject[] => {
  const json = readJson(text, source)
  if (!isObject(json) || !isArray(json.nftables))
    throw new ParseError(
      'This is JSON, but not that of nft: there is no list "nftables". Make the file with "nft -j list ruleset".',
      { source, line: 1, column: 1 },
      text.slice(0, 80),
    )
  const odd = json.nftables.findIndex((entry) => !isObject(entry))
  if (odd >= 0)
    throw parseErrorAt(
      text,
      source,
      offsetOfEntry(text, odd),
      'This is not the JSON of nft: every entry of the list "nftables" is an object. Make the file with "nft -j list ruleset".',
    )
  return json.nftables.filter((entry) => isObject(entry))
}

/**
 * Reads the output of `nft -j list ruleset` (or `list table`). Objects, statements and expressions that are not known
 * are kept verbatim as `opaque`, each in its place.
 *
 * @param source - where the text is from, for errors
 * @throws ParseError when the text is not JSON, not nft's, or a part of a listing without the table or chain of one
 *   of its entries; with line and column
 * @example
 * parse('{"nftables": [{"table": {"family": "inet", "name": "portolan", "handle": 1}}]}')
 * @public @since 0.1.0
 */
export const parse = (text: string, source = '<nft -j>'): Ruleset => {
  checkText(text, 'text', 'a text of JSON as "nft -j list ruleset" prints it')
  checkText(source, 'source')
  checkNesting(text, source)
  const inPieces = startReading()
  if (visitPieces(text, (entry) => readEntry(inPieces, entry))) {
    checkWhole(inPieces, text, source)
    return finish(inPieces)
  }
  const whole = startReading()
  for (const entry of entriesOf(text, source)) readEntry(whole, entry)
  checkWhole(whole, text, source)
  return finish(whole)
}
