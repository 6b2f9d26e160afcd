import { type Family, families } from '@portolan/netfilter'
import { isOwnJump, ownChains } from '../compile/ours.ts'
import { mayRefuse } from '../model/chain/may-refuse.ts'
import type { DeleteRule, InsertRule, IptablesChange, MoveRule, Operation } from '../model/change.ts'
import { type Chain, findTable, type Ruleset, type Table } from '../model/ruleset.ts'
import { applyTo } from './apply-to.ts'
import { describe } from './describe.ts'
import { type ChainDiff, diffForeignChain, diffOwnChain } from './lists/diff-chain.ts'
import { foreignJumpsIn } from './lists/foreign-jumps.ts'
import { closeMovingPorts } from './lists/moving-ports.ts'

interface TableDiff {
  /** New chains, then moved rules, then new rules. */
  readonly opening: readonly Operation[]
  /** Old rules, then old chains. */
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
    // The items are pushed one by one. A call takes some hundred thousand arguments at most, and a chain may have more
    // rules.
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
  const isRefusal = mayRefuse(before ?? { chains: [] })
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
      // The kernel does not delete a chain that a rule leads to, and a foreign rule is not ours to delete. So the chain
      // stays, empty.
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
        isRefusal,
        isOwn,
      ),
    )
  }
  return { opening: [...creates, ...moves, ...inserts], closing: [...deletes, ...removals] }
}

/**
 * Finds the smallest changes that give a host our desired rules, and leave everything else alone.
 *
 * The kernel takes one table at a time, and the order of the changes opens no hole in between: first new drops in
 * `mangle`, then accepts in `filter`, then translations in `nat`, and at last the drops that `mangle` no longer needs.
 * A port that gets another target and other allowed sources is closed in between.
 *
 * @param actual - the rules the host has now, foreign rules included
 * @param desired - our rules only, from `compile` or `adopt`; without tables, all our rules are removed
 * @returns changes to be applied in their order; empty when nothing has to change
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
