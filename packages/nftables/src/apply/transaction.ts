import { tableFamily, tableName } from '../compile/table-name.ts'
import type { NftablesChange, Operation } from '../diff/change.ts'
import type { NamedSet } from '../model/index.ts'
import { chainLine, elementLine, elementRef, ruleLines, setBlock } from '../print/command.ts'
import { identifier, quote } from '../print/quote.ts'
import { tableText } from '../print/text-table.ts'

const table = `${tableFamily} ${tableName}`

/**
 * The steps of a transaction, in an order the kernel takes: it looks at each command as it comes, so a thing
 * must be there before it is named, and must not be named any more before it goes
 * (net/netfilter/nf_tables_api.c: nft_chain_lookup in nft_verdict_init; `chain->use` in nf_tables_delchain).
 */
interface Phases {
  readonly tables: string[]
  readonly newSets: string[]
  readonly newChains: string[]
  readonly flushes: string[]
  readonly oldElements: Map<string, string[]>
  readonly oldSets: string[]
  readonly rules: string[]
  readonly newElements: Map<string, string[]>
  readonly oldChains: string[]
}

const push = (lists: Map<string, string[]>, set: NamedSet, line: string): void => {
  const list = lists.get(set.name)
  if (list === undefined) lists.set(set.name, [line])
  else list.push(line)
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
      phases.tables.push(`delete table ${table}`, tableText(operation.table))
      return
    case 'add-set':
      phases.newSets.push(create(setBlock(operation.set)))
      return
    case 'remove-set':
      phases.oldSets.push(`delete ${operation.set.kind} ${table} ${identifier(operation.set.name)}`)
      return
    case 'add-chain':
      phases.newChains.push(create(chainLine(operation.chain)))
      phases.rules.push(...ruleLines(operation.chain.name, operation.chain.rules))
      return
    case 'remove-chain':
      phases.flushes.push(`flush chain ${table} ${identifier(operation.chain.name)}`)
      phases.oldChains.push(`delete chain ${table} ${identifier(operation.chain.name)}`)
      return
    case 'replace-rules':
      phases.flushes.push(`flush chain ${table} ${identifier(operation.chain.name)}`)
      phases.rules.push(...ruleLines(operation.chain.name, operation.rules))
      return
    case 'add-element':
      push(phases.newElements, operation.set, elementLine(operation.set, operation.element))
      return
    case 'remove-element':
      push(phases.oldElements, operation.set, elementRef(operation.set, operation.element))
      return
    case 'replace-element':
      push(phases.oldElements, operation.set, elementRef(operation.set, operation.before))
      push(phases.newElements, operation.set, elementLine(operation.set, operation.element))
      return
  }
}

/** One command for all elements of a set, a line for each, so that nft's error names the line. */
const elementCommands = (verb: string, lists: ReadonlyMap<string, readonly string[]>): readonly string[] =>
  [...lists].map(([set, lines]) => `${verb} element ${table} ${identifier(set)} {\n${lines.join(',\n')}\n}`)

/**
 * Changes as one script for `nft -f`, which the kernel takes whole or not at all.
 * @throws InvalidRequestError when a name or comment cannot be written
 */
export const transaction = (changes: readonly NftablesChange[]): string => {
  const phases: Phases = {
    tables: [],
    newSets: [],
    newChains: [],
    flushes: [],
    oldElements: new Map(),
    oldSets: [],
    rules: [],
    newElements: new Map(),
    oldChains: [],
  }
  for (const { operation } of changes) place(phases, operation)
  const commands = [
    ...phases.tables,
    ...phases.newSets,
    ...phases.newChains,
    ...phases.flushes,
    ...elementCommands('delete', phases.oldElements),
    ...phases.oldSets,
    ...phases.rules,
    ...elementCommands('create', phases.newElements),
    ...phases.oldChains,
  ]
  return commands.map((command) => `${command}\n`).join('')
}
