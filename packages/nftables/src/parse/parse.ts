import { ParseError, parseErrorAt } from '@portolan/netfilter'
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
import { readChain, readRule, readSet, readTable, saysMore } from './json/object.ts'
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

/** Puts one object where it belongs; false when the table has no place for it. */
const place = (open: OpenTable, tag: string, body: JsonObject): boolean => {
  if (tag === 'chain') {
    const chain = readChain(body)
    // Scripts name a chain twice; what it holds stays.
    if (chain === null || open.chains.has(chain.name)) return false
    open.chains.set(chain.name, { chain, rules: [] })
    return !saysMore(body)
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

/** The name of the table that `{"delete": {"table": ...}}` of a script takes away. */
const deletedTable = ([verb, object]: Tagged): string | null => {
  const [tag, body] = verb === 'delete' ? (tagOf(object) ?? []) : []
  return tag === 'table' && isObject(body) ? `${String(body.family)} ${String(body.name)}` : null
}

/** `{"add": {"table": ...}}` in a script means what `{"table": ...}` means in a listing. */
const unwrap = (tagged: Tagged): Tagged | null => (tagged[0] === 'add' ? tagOf(tagged[1]) : tagged)

interface Reading {
  readonly tables: Map<string, OpenTable>
  readonly opaque: JsonObject[]
}

const startReading = (): Reading => ({ tables: new Map(), opaque: [] })

const finish = ({ tables, opaque }: Reading): Ruleset => ({ tables: [...tables.values()].map(close), opaque })

const readEntry = ({ tables, opaque }: Reading, json: JsonObject): void => {
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
      opaque.push({ table: body })
      return
    }
    const name = `${table.family} ${table.name}`
    const before = tables.get(name)
    if (before !== undefined) before.opaque.push({ table: body })
    else tables.set(name, { table, sets: [], chains: new Map(), opaque: [...table.opaque] })
    return
  }
  const open = tables.get(`${String(body.family)} ${String(body.table)}`)
  if (open === undefined) opaque.push({ [tag]: body })
  else if (!place(open, tag, body)) open.opaque.push({ [tag]: body })
}

/** @throws ParseError when it is not JSON, or not nft's */
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
 * Reads what `nft -j list ruleset` (or `list table`) prints. Objects, statements and expressions that are not
 * known are kept verbatim as `opaque`, each in its place.
 *
 * @param source - where the text is from, for errors
 * @throws ParseError when it is not JSON, or not nft's; with line and column
 * @example
 * parse('{"nftables": [{"table": {"family": "inet", "name": "portolan", "handle": 1}}]}')
 * @public @since 0.1.0
 */
export const parse = (text: string, source = '<nft -j>'): Ruleset => {
  checkNesting(text, source)
  const inPieces = startReading()
  if (visitPieces(text, (entry) => readEntry(inPieces, entry))) return finish(inPieces)
  const whole = startReading()
  for (const entry of entriesOf(text, source)) readEntry(whole, entry)
  return finish(whole)
}
