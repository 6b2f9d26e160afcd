import { tableFamily, tableName } from '../compile/ours.ts'
import type { NftablesChange, Operation } from '../diff/change.ts'
import type { Element, NamedSet } from '../model/index.ts'
import { chainLine, elementLine, elementRef, ruleLines, setBlock } from '../print/command.ts'
import { identifier, quote } from '../print/quote.ts'
import { tableText } from '../print/text/text-table.ts'

const table = `${tableFamily} ${tableName}`

/**
 * The steps of a transaction, in an order the kernel takes: it looks at each command as it comes, so a thing
 * must be there before it is named, and must not be named any more before it goes
 * (net/netfilter/nf_tables_api.c: nft_chain_lookup in nft_verdict_init; `chain->use` in nf_tables_delchain).
 *
 * And in an order in which no part that ends with a line opens anything that the whole leaves closed, should a runner
 * hand nft a part: translations that go, go first; then the guards change, each in one line; translations come last.
 */
interface Phases {
  readonly tables: string[]
  readonly newSets: string[]
  readonly newChains: string[]
  readonly closings: string[]
  readonly oldOpenings: ElementLines
  readonly guards: string[]
  readonly guardElements: Map<string, { readonly gone: string[]; readonly come: string[] }>
  readonly openings: string[]
  readonly newOpenings: ElementLines
  readonly oldSets: string[]
  readonly flushes: string[]
  readonly oldChains: string[]
}

/** Lines by the name of their set. */
type ElementLines = Map<string, string[]>

/** What leads from host ports to containers. Without it a port leads nowhere, so that it may go early and come late. */
const isOpening = (name: string): boolean => /^(dnat|balanced|bound|inside)[46]/.test(name)

const push = (lists: ElementLines, set: NamedSet, line: string): void => {
  const list = lists.get(set.name)
  if (list === undefined) lists.set(set.name, [line])
  else list.push(line)
}

const leave = (phases: Phases, set: NamedSet, element: Element): void => {
  const line = elementRef(set, element)
  if (isOpening(set.name)) push(phases.oldOpenings, set, line)
  else guardOf(phases, set).gone.push(line)
}

const come = (phases: Phases, set: NamedSet, element: Element): void => {
  const line = elementLine(set, element)
  if (isOpening(set.name)) push(phases.newOpenings, set, line)
  else guardOf(phases, set).come.push(line)
}

const guardOf = ({ guardElements }: Phases, { name }: NamedSet) => {
  const found = guardElements.get(name) ?? { gone: [], come: [] }
  guardElements.set(name, found)
  return found
}

/** `create` refuses what is already there, where `add` would overlook that the host has changed. */
const create = (line: string): string => line.replace(/^add /, 'create ')

const place = (phases: Phases, operation: Operation): void => {
  switch (operation.kind) {
    case 'add-table': {
      const { comment } = operation.table
      phases.tables.push(`create table ${table}${comment === null ? '' : ` { comment ${quote(comment)}; }`}`)
      return
    }
    case 'remove-table':
      phases.tables.push(`delete table ${table}`)
      return
    case 'replace-table':
      phases.tables.push(`delete table ${table}; ${tableText(operation.table)}`)
      return
    case 'add-set':
      phases.newSets.push(create(setBlock(operation.set)))
      return
    case 'remove-set':
      phases.oldSets.push(`delete ${operation.set.kind} ${table} ${identifier(operation.set.name)}`)
      return
    case 'add-chain': {
      const { chain } = operation
      phases.newChains.push(create(chainLine(chain)))
      const lines = isOpening(chain.name) ? phases.openings : phases.guards
      lines.push(...ruleLines(chain.name, chain.rules))
      return
    }
    case 'remove-chain':
      phases.flushes.push(`flush chain ${table} ${identifier(operation.chain.name)}`)
      phases.oldChains.push(`delete chain ${table} ${identifier(operation.chain.name)}`)
      return
    case 'replace-rules': {
      const { name } = operation.chain
      const flush = `flush chain ${table} ${identifier(name)}`
      const rules = ruleLines(name, operation.rules)
      if (isOpening(name)) {
        phases.closings.push(flush)
        phases.openings.push(...rules)
      } else phases.guards.push([flush, ...rules].join('; '))
      return
    }
    case 'add-element':
      come(phases, operation.set, operation.element)
      return
    case 'remove-element':
      leave(phases, operation.set, operation.element)
      return
    case 'replace-element':
      leave(phases, operation.set, operation.before)
      come(phases, operation.set, operation.element)
      return
  }
}

/** One command for all elements of a set, a line for each, so that nft's error names the line. */
const elementCommand = (verb: string, set: string, lines: readonly string[]): string =>
  `${verb} element ${table} ${identifier(set)} {\n${lines.join(',\n')}\n}`

const elementCommands = (verb: string, lists: ElementLines): readonly string[] =>
  [...lists].map(([set, lines]) => elementCommand(verb, set, lines))

/** What goes and what comes, in commands that share a line: no part that ends with a line has the one alone. */
const exchanges = ({ guardElements }: Phases): readonly string[] =>
  [...guardElements].map(([set, { gone, come }]) =>
    [
      ...(gone.length === 0 ? [] : [elementCommand('delete', set, gone)]),
      ...(come.length === 0 ? [] : [elementCommand('create', set, come)]),
    ].join('; '),
  )

/**
 * Changes as one script for `nft -f`, which the kernel takes whole or not at all.
 * @throws InvalidRequestError when a name or comment cannot be written
 */
export const transaction = (changes: readonly NftablesChange[]): string => {
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
  }
  for (const { operation } of changes) place(phases, operation)
  const commands = [
    ...phases.tables,
    ...phases.newSets,
    ...phases.newChains,
    ...phases.closings,
    ...elementCommands('delete', phases.oldOpenings),
    ...phases.guards,
    ...exchanges(phases),
    ...phases.openings,
    ...elementCommands('create', phases.newOpenings),
    ...phases.flushes,
    ...phases.oldSets,
    ...phases.oldChains,
  ]
  return commands.map((command) => `${command}\n`).join('')
}
