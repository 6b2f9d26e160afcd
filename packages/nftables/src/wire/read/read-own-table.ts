import type { NetlinkSocket } from '@portolan/core'
import { PermissionError } from '@portolan/netfilter'
import { tableFamily, tableName } from '../../compile/ours.ts'
import { type Chain, emptyRuleset, type NamedSet, type Rule, type Ruleset } from '../../model/index.ts'
import {
  NFT_MSG_GETCHAIN,
  NFT_MSG_GETRULE,
  NFT_MSG_GETSET,
  NFT_MSG_GETTABLE,
  NFT_MSG_NEWCHAIN,
  NFT_MSG_NEWRULE,
  NFT_MSG_NEWSET,
  NFT_MSG_NEWTABLE,
  NFTA_CHAIN_TABLE,
  NFTA_RULE_TABLE,
  NFTA_SET_TABLE,
  NFTA_TABLE_NAME,
} from '../constants.ts'
import { generation } from '../generation.ts'
import { writeName } from '../message-parts.ts'
import { type Span, textOf, visitAll } from './attributes.ts'
import { type Listed, list } from './listing.ts'
import { readElements } from './read-elements.ts'
import { readChain, readTable, type TableHead } from './read-head.ts'
import { readSet, type SetHead } from './read-set.ts'
import { readRule } from './rule/read-rule.ts'
import type { KnownSet } from './rule/reading.ts'

/** include/uapi/asm-generic/errno-base.h */
const EPERM = 1
const ENOENT = 2

/** The name of an object's table; null when it cannot be read. */
const tableOf = ({ view, start, end }: Span, type: number): string | null => {
  let name: string | null = null
  visitAll(view, start, end, (attribute, from, to) => {
    if (attribute === type) name = textOf({ view, start: from, end: to })
  })
  return name
}

/** Lists the objects of our table, each read by `read`; null when an object has a form that ours never have. */
const listOwn = async <Item>(
  socket: NetlinkSocket,
  [ask, answer, tableAttribute]: readonly [number, number, number],
  read: (attributes: Span) => Item | null,
): Promise<readonly Item[] | null> => {
  const items: Item[] = []
  const { kind } = await list(
    socket,
    { ask, answer, what: 'all', write: (writer) => writeName(writer, tableAttribute, tableName) },
    (span) => {
      const table = tableOf(span, tableAttribute)
      // The kernel lists the chains of every table.
      if (table !== tableName) return table !== null
      const item = read(span)
      if (item !== null) items.push(item)
      return item !== null
    },
  )
  return kind === 'whole' ? items : null
}

const readHead = async (
  socket: NetlinkSocket,
): Promise<{ readonly head: TableHead | null; readonly listed: Listed }> => {
  let head: TableHead | null = null
  const listed = await list(
    socket,
    {
      ask: NFT_MSG_GETTABLE,
      answer: NFT_MSG_NEWTABLE,
      what: 'one',
      write: (writer) => writeName(writer, NFTA_TABLE_NAME, tableName),
    },
    (span) => {
      head = readTable(span)
      return head !== null
    },
  )
  return { head, listed }
}

interface ReadSets {
  readonly named: readonly NamedSet[]
  readonly known: ReadonlyMap<string, KnownSet>
}

const fillSets = async (socket: NetlinkSocket, heads: readonly SetHead[]): Promise<ReadSets | null> => {
  const named: NamedSet[] = []
  const known = new Map<string, KnownSet>()
  for (const head of heads) {
    const elements = await readElements(socket, head)
    if (elements === null) return null
    const { name, types, listed } = head
    if (listed !== null) named.push({ ...listed, elements })
    known.set(name, {
      types,
      expression: listed === null ? { kind: 'set', elements } : { kind: 'reference', name },
    })
  }
  return { named, known }
}

/** Reads the rules into their chains; null when a chain is missing. */
const fillChains = async (
  socket: NetlinkSocket,
  chains: readonly Chain[],
  sets: ReadonlyMap<string, KnownSet>,
): Promise<readonly Chain[] | null> => {
  const placed = await listOwn(socket, [NFT_MSG_GETRULE, NFT_MSG_NEWRULE, NFTA_RULE_TABLE], (span) =>
    readRule(span, sets),
  )
  if (placed === null) return null
  const rules = new Map<string, Rule[]>(chains.map(({ name }) => [name, []]))
  for (const { chain, rule } of placed) {
    const list = rules.get(chain)
    if (list === undefined) return null
    list.push(rule)
  }
  return chains.map((chain) => ({ ...chain, rules: rules.get(chain.name) ?? [] }))
}

const readWhole = async (socket: NetlinkSocket, head: TableHead): Promise<Ruleset | null> => {
  const heads = await listOwn(socket, [NFT_MSG_GETSET, NFT_MSG_NEWSET, NFTA_SET_TABLE], readSet)
  const empty = await listOwn(socket, [NFT_MSG_GETCHAIN, NFT_MSG_NEWCHAIN, NFTA_CHAIN_TABLE], readChain)
  if (heads === null || empty === null) return null
  // Any further objects are counters, quotas or flowtables, which our table never has. The kernel counts an anonymous
  // set with its rule and not with the table.
  const known = empty.length + heads.filter(({ isAnonymous }) => !isAnonymous).length
  if (known !== head.objects) return null
  const sets = await fillSets(socket, heads)
  const chains = sets === null ? null : await fillChains(socket, empty, sets.known)
  if (sets === null || chains === null) return null
  return {
    tables: [{ family: tableFamily, ...head.table, sets: sets.named, chains, opaque: [] }],
    opaque: [],
  }
}

/**
 * Reads our table from the kernel without a process. The result equals that of `parse` on the output of
 * `nft -j list table`, except that elements of named sets and maps are in the kernel's order.
 *
 * @returns an empty ruleset where the table is absent; null when the table holds something that we do not write, or
 *   changed meanwhile; then nft has to be asked
 * @throws PermissionError without CAP_NET_ADMIN
 */
export const readOwnTable = async (socket: NetlinkSocket): Promise<Ruleset | null> => {
  const before = await generation(socket)
  const { head, listed } = await readHead(socket)
  if (listed.kind === 'refused') {
    if (listed.errno === EPERM)
      throw new PermissionError(
        'Cannot read nftables: the kernel asks for the capability CAP_NET_ADMIN. Run this as root, or with "sudo".',
        'CAP_NET_ADMIN',
      )
    return listed.errno === ENOENT ? emptyRuleset : null
  }
  if (head === null || listed.kind === 'broken' || before === null) return null
  const read = await readWhole(socket, head)
  // The parts belong together only if no rule changed in between.
  return read !== null && (await generation(socket)) === before ? read : null
}
