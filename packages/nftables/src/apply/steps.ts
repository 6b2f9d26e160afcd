// Only in nftables: one transaction is written from the same steps, either as text or as netlink messages.
import type { NftablesChange, Operation } from '../model/change.ts'
import type { Chain, Element, NamedSet, Rule, Table } from '../model/index.ts'

/**
 * One command to the kernel. A create step fails where the object already exists. An add would succeed and hide that
 * the host has changed.
 */
export type Step =
  | { readonly kind: 'create-table'; readonly table: Table }
  | { readonly kind: 'delete-table' }
  /** A table with all its content. */
  | { readonly kind: 'write-table'; readonly table: Table }
  | { readonly kind: 'create-set'; readonly set: NamedSet }
  | { readonly kind: 'delete-set'; readonly set: NamedSet }
  | { readonly kind: 'create-chain'; readonly chain: Chain }
  | { readonly kind: 'flush-chain'; readonly chain: string }
  | { readonly kind: 'delete-chain'; readonly chain: string }
  | { readonly kind: 'add-rule'; readonly chain: string; readonly rule: Rule }
  | ElementStep

/** Elements that are added to one set, or deleted from it, in one command. */
export interface ElementStep {
  readonly kind: 'create-elements' | 'delete-elements'
  readonly set: NamedSet
  readonly elements: readonly Element[]
}

/** One line of a script: steps that are always read together, even where only a part of the script is read. */
export type Line = readonly Step[]

/**
 * The steps of a transaction, in an order that the kernel accepts. The kernel checks each command as it comes: an
 * object must exist before a command names it, and nothing may name an object when it is deleted
 * (net/netfilter/nf_tables_api.c: nft_chain_lookup in nft_verdict_init; `chain->use` in nf_tables_delchain).
 *
 * The order also protects against a runner that hands nft only the first lines. Such a part must not open anything that
 * the whole leaves closed. So old translations go first, then the guards change, each in one line, and new translations
 * come last.
 */
interface Phases {
  readonly tables: Line[]
  readonly newSets: Line[]
  readonly newChains: Line[]
  readonly closings: Line[]
  readonly oldOpenings: Exchanges
  readonly guards: Line[]
  readonly guardElements: Exchanges
  readonly openings: Line[]
  readonly newOpenings: Exchanges
  readonly oldSets: Line[]
  readonly flushes: Line[]
  readonly oldChains: Line[]
  readonly last: LastExchanges
}

interface Exchange {
  readonly set: NamedSet
  readonly removed: Element[]
  readonly added: Element[]
}

/** The elements to delete and to add, by the name of their set. */
type Exchanges = Map<string, Exchange>

/**
 * The exchanges used for the element before. Thousands of elements of one set follow each other, so comparing the set
 * object saves a lookup by name.
 */
interface LastExchanges {
  removing: Exchange | null
  adding: Exchange | null
}

/**
 * Does this map or chain lead from host ports to containers? Without it a port leads nowhere, so it is safe to remove
 * it early and to add it late.
 */
const isOpening = (name: string): boolean => /^(dnat|balanced|bound|inside)[46]/.test(name)

const exchangeOf = (exchanges: Exchanges, set: NamedSet): Exchange => {
  const found = exchanges.get(set.name)
  if (found !== undefined) return found
  const made: Exchange = { set, removed: [], added: [] }
  exchanges.set(set.name, made)
  return made
}

const noteRemoved = (phases: Phases, set: NamedSet, element: Element): void => {
  const { last } = phases
  if (last.removing?.set !== set)
    last.removing = exchangeOf(isOpening(set.name) ? phases.oldOpenings : phases.guardElements, set)
  last.removing.removed.push(element)
}

const noteAdded = (phases: Phases, set: NamedSet, element: Element): void => {
  const { last } = phases
  if (last.adding?.set !== set)
    last.adding = exchangeOf(isOpening(set.name) ? phases.newOpenings : phases.guardElements, set)
  last.adding.added.push(element)
}

const ruleSteps = (chain: string, rules: readonly Rule[]): readonly Step[] =>
  rules.map((rule) => ({ kind: 'add-rule', chain, rule }))

const eachApart = (steps: readonly Step[]): readonly Line[] => steps.map((step) => [step])

const place = (phases: Phases, operation: Operation): void => {
  switch (operation.kind) {
    case 'add-table':
      phases.tables.push([{ kind: 'create-table', table: operation.table }])
      return
    case 'remove-table':
      phases.tables.push([{ kind: 'delete-table' }])
      return
    case 'replace-table':
      phases.tables.push([{ kind: 'delete-table' }, { kind: 'write-table', table: operation.table }])
      return
    case 'add-set':
      phases.newSets.push([{ kind: 'create-set', set: operation.set }])
      return
    case 'remove-set':
      phases.oldSets.push([{ kind: 'delete-set', set: operation.set }])
      return
    case 'add-chain': {
      const { chain } = operation
      phases.newChains.push([{ kind: 'create-chain', chain }])
      const lines = isOpening(chain.name) ? phases.openings : phases.guards
      lines.push(...eachApart(ruleSteps(chain.name, chain.rules)))
      return
    }
    case 'remove-chain': {
      const { name } = operation.chain
      phases.flushes.push([{ kind: 'flush-chain', chain: name }])
      phases.oldChains.push([{ kind: 'delete-chain', chain: name }])
      return
    }
    case 'replace-rules': {
      const { name } = operation.chain
      const flush: Step = { kind: 'flush-chain', chain: name }
      const rules = ruleSteps(name, operation.rules)
      if (isOpening(name)) {
        phases.closings.push([flush])
        phases.openings.push(...eachApart(rules))
      } else phases.guards.push([flush, ...rules])
      return
    }
    case 'add-element':
      noteAdded(phases, operation.set, operation.element)
      return
    case 'remove-element':
      noteRemoved(phases, operation.set, operation.element)
      return
    case 'replace-element':
      noteRemoved(phases, operation.set, operation.before)
      noteAdded(phases, operation.set, operation.element)
      return
  }
}

/** One line for each set: one command deletes its old elements, and one adds its new ones. */
const exchangeLines = (exchanges: Exchanges): readonly Line[] =>
  [...exchanges.values()].map(({ set, removed, added }) => [
    ...(removed.length === 0 ? [] : [{ kind: 'delete-elements' as const, set, elements: removed }]),
    ...(added.length === 0 ? [] : [{ kind: 'create-elements' as const, set, elements: added }]),
  ])

/**
 * The step for one element. Most transactions during operation change one element, and one step needs no ordering.
 * Null: the operation is not on an element, or replaces one.
 */
const loneStep = (operation: Operation): Step | null => {
  if (operation.kind === 'add-element')
    return { kind: 'create-elements', set: operation.set, elements: [operation.element] }
  if (operation.kind === 'remove-element')
    return { kind: 'delete-elements', set: operation.set, elements: [operation.element] }
  return null
}

/** The steps that carry out changes, as the lines of a script. */
export const linesOf = (changes: readonly Pick<NftablesChange, 'operation'>[]): readonly Line[] => {
  const lone = changes.length === 1 && changes[0] !== undefined ? loneStep(changes[0].operation) : null
  if (lone !== null) return [[lone]]
  const phases: Phases = {
    tables: [],
    newSets: [],
    newChains: [],
    closings: [],
    oldOpenings: new Map(),
    guards: [],
    guardElements: new Map(),
    openings: [],
    newOpenings: new Map(),
    oldSets: [],
    flushes: [],
    oldChains: [],
    last: { removing: null, adding: null },
  }
  for (const { operation } of changes) place(phases, operation)
  return [
    ...phases.tables,
    ...phases.newSets,
    ...phases.newChains,
    ...phases.closings,
    ...exchangeLines(phases.oldOpenings),
    ...phases.guards,
    ...exchangeLines(phases.guardElements),
    ...phases.openings,
    ...exchangeLines(phases.newOpenings),
    ...phases.flushes,
    ...phases.oldSets,
    ...phases.oldChains,
  ]
}
