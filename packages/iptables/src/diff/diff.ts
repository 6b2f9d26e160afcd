import { type Family, families } from '@portolan/netfilter'
import { isOwnJump, ownChains } from '../compile/ours.ts'
import { type Chain, findTable, type Ruleset, type Table } from '../model/ruleset.ts'
import { applyTo } from './apply-to.ts'
import type { DeleteRule, InsertRule, IptablesChange, MoveRule, Operation } from './change.ts'
import { describe } from './describe.ts'
import { type ChainDiff, diffForeignChain, diffOwnChain } from './lists/diff-chain.ts'
import { foreignJumpsIn } from './lists/foreign-jumps.ts'
import { closeMovingPorts } from './lists/moving-ports.ts'

interface TableDiff {
  /** New chains, then rules that move, then new rules. */
  readonly opening: readonly Operation[]
  /** Rules that go, then chains that go. */
  readonly closing: readonly Operation[]
}

const none: TableDiff = { opening: [], closing: [] }

const diffTable = (
  family: Family,
  name: string,
  before: Table | undefined,
  after: Table | undefined,
): TableDiff => {
  if (before === undefined && after === undefined) return none
  const creates: Operation[] = []
  const moves: MoveRule[] = []
  const inserts: InsertRule[] = []
  const deletes: DeleteRule[] = []
  const removals: Operation[] = []
  const add = (diff: ChainDiff): void => {
    // One by one: a call has room for some hundred thousand arguments, and a chain may have more rules.
    for (const move of diff.moves) moves.push(move)
    for (const insert of diff.inserts) inserts.push(insert)
    for (const gone of diff.deletes) deletes.push(gone)
  }
  const actual = new Map((before?.chains ?? []).map((chain) => [chain.name, chain]))
  const desired = new Map((after?.chains ?? []).map((chain) => [chain.name, chain]))
  const held = new Set(before === undefined ? [] : foreignJumpsIn(before).map(({ to }) => to))
  const [isOwnBefore, isOwnAfter] = [ownChains(before), ownChains(after)]
  const isOwn = (chain: string): boolean => isOwnBefore(chain) || isOwnAfter(chain)
  const isOurChain = (chain: Chain): boolean => chain.kind === 'user' && isOwn(chain.name)
  const goes = (chain: string): boolean => isOwn(chain) && !desired.has(chain)

  for (const chain of desired.values()) {
    const place = { family, table: name, chain: chain.name }
    const known = actual.get(chain.name)
    if (!isOurChain(chain)) continue
    if (known === undefined) creates.push({ kind: 'create-chain', ...place })
    add(diffOwnChain(place, known?.rules ?? [], chain.rules))
  }
  for (const chain of new Map([...actual, ...desired]).values()) {
    const place = { family, table: name, chain: chain.name }
    if (isOurChain(chain)) {
      if (!goes(chain.name)) continue
      // The kernel deletes no chain that a rule leads to, and a rule of others is not ours to delete.
      if (held.has(chain.name)) add(diffOwnChain(place, chain.rules, []))
      else removals.push({ kind: 'delete-chain', ...place, rules: chain.rules })
      continue
    }
    const wanted = desired.get(chain.name)?.rules ?? []
    add(
      diffForeignChain(
        place,
        actual.get(chain.name)?.rules ?? [],
        wanted,
        (rule) => isOwnJump(name, chain.name, rule, isOwn),
        isOwn,
      ),
    )
  }
  return { opening: [...creates, ...moves, ...inserts], closing: [...deletes, ...removals] }
}

/**
 * The smallest change that gives a host what it is to have of ours, and leaves everything else alone.
 *
 * The changes come in an order that never opens a hole, though the kernel takes table by table: what is to be
 * forbidden in `mangle` comes first, then what `filter` accepts, then what `nat` translates, and what `mangle`
 * need no longer forbid goes last. A port that leads elsewhere and is open to others is closed in between.
 *
 * @param actual - what the host has, foreign rules included
 * @param desired - ours only, from `compile` or `adopt`; without tables: all that is ours goes
 * @returns changes to be applied in their order; empty when there is nothing to do
 * @example
 * diff(ruleset, ruleset) // []
 * @public @since 0.1.0
 */
export const diff = (actual: Ruleset, desired: Ruleset): readonly IptablesChange[] =>
  families.flatMap((family) => {
    const closed = closeMovingPorts(actual, desired, family)
    const before = closed.length === 0 ? actual : applyTo(actual, closed)
    const table = (name: string): TableDiff =>
      diffTable(family, name, findTable(before, family, name), findTable(desired, family, name))
    const mangle = table('mangle')
    const filter = table('filter')
    const nat = table('nat')
    const rest = [
      ...mangle.opening,
      ...filter.opening,
      ...filter.closing,
      ...nat.opening,
      ...nat.closing,
      ...mangle.closing,
    ].map(describe)
    return [...closed, ...rest]
  })
