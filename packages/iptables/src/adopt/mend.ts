import type { Mended, MendOptions } from '@portolan/core'
import { checkMendOptions } from '@portolan/core/planning'
import { type Family, families } from '@portolan/netfilter'
import { assemble } from '../compile/assemble.ts'
import { leavingOf } from '../compile/leaving.ts'
import type { PlacedRule } from '../compile/parts.ts'
import { tagOf } from '../compile/tag.ts'
import { rootOf } from '../compile/tree/dispatch.ts'
import { diff } from '../diff/diff.ts'
import * as chains from '../model/object-name.ts'
import { emptyRuleset, findTable, type Ruleset } from '../model/ruleset.ts'
import { published } from '../published/published.ts'
import { placedInFamily } from './extract.ts'
import { bridgesIn, recall, stillMapped, surviving } from './recall.ts'
import { requireNetwork } from './require-network.ts'

/** The mappings whose allowed sources are still listed, while the drop for all other sources is gone. */
const unclosed = (placed: readonly PlacedRule[]): readonly string[] => {
  const allowed = placed.filter(({ chain }) => chain === chains.allow)
  const closed = new Set(
    allowed
      .filter(({ rule }) => rule.target?.kind === 'verdict' && rule.target.verdict === 'DROP')
      .map(({ rule }) => tagOf(rule)),
  )
  return [...new Set(allowed.map(({ rule }) => tagOf(rule)))].flatMap((held) =>
    held === null || closed.has(held) ? [] : [held],
  )
}

/** Describes the restrictions that are lost and that no other rule records. Their ports are open to all. */
const lostRestrictions = (
  actual: Ruleset,
  placed: readonly PlacedRule[],
  family: Family,
  isGuarded: boolean,
): readonly string[] => {
  const mangle = findTable(actual, family, 'mangle')
  const has = (chain: string): boolean =>
    mangle?.chains.some(({ name }) => rootOf(name, [chains.allow, chains.limit]) === chain) === true
  const isEmpty = (root: string): boolean => !placed.some(({ chain }) => chain === root)
  const program = family === 'ip' ? 'iptables' : 'ip6tables'
  const emptied = [chains.allow, chains.limit].filter((root) => has(root) && isEmpty(root))
  const wiped = isGuarded && !isEmpty(chains.destination) && !hasGuards(actual, family)
  return [
    ...emptied.map((root) => `Chain ${root} (${program}, table mangle) was emptied.`),
    ...unclosed(placed).map(
      (held) => `The drop of ${held} is gone from chain ${chains.allow} (${program}, table mangle).`,
    ),
    ...(wiped
      ? [`Our chains are gone from ${program}, table mangle, while ports are published in table nat.`]
      : []),
  ]
}

/** Does mangle have a chain of ours? */
const hasGuards = (actual: Ruleset, family: Family): boolean =>
  findTable(actual, family, 'mangle')?.chains.some(({ name }) => chains.isOurs(name)) === true

/**
 * Does a table have all chains and jumps that these rules need? Then none of our chains in it was flushed or deleted. A
 * jump behind foreign rules is not missing.
 */
const isWholeIn = (actual: Ruleset, family: Family, table: string, placed: readonly PlacedRule[]): boolean =>
  diff(actual, { tables: assemble(family, placed, []), trailer: [] }).every(
    ({ operation }) =>
      operation.family !== family || operation.table !== table || operation.kind === 'move-rule',
  )

/**
 * The rules to restore after another program deleted parts of our chains. The sources are the rules still there, the
 * networks as described by their bridges, and the last known rules.
 *
 * @returns `lost` names the parts that none of these sources describe; then the rules must not be treated as whole
 * @example
 * diff(actual, mend(actual, { networks, known }).ruleset) // brings back what is missing
 * @public @since 0.1.0
 */
export const mend = (actual: Ruleset, options: MendOptions<Ruleset>): Mended<Ruleset> => {
  checkMendOptions(options)
  const { networks, known, presence, leaving } = options
  const before = known ?? emptyRuleset
  const ports = published(before)
  const all = { hasInterface: () => true, hasSubnetOf: () => true }
  const lost: string[] = []
  const tables = families.flatMap((family) => {
    const found = placedInFamily(actual, family)
    const withNetworks = (rules: readonly PlacedRule[]): readonly PlacedRule[] =>
      networks.reduce((placed, owned) => requireNetwork(placed, owned, family), rules)
    const survivors = surviving(placedInFamily(before, family), ports, family, presence ?? all)
    const isKept = survivors.length > 0 && isWholeIn(actual, family, 'nat', withNetworks(found))
    const placed = withNetworks(recall(found, isKept ? stillMapped(survivors, found) : survivors))
    const isGuarded = networks.some(({ network }) => network[family] !== null)
    if (known === undefined || known === null)
      lost.push(...lostRestrictions(actual, placed, family, isGuarded))
    return assemble(
      family,
      placed,
      leaving === undefined ? leavingOf(family, before, leavingOf(family, actual, [])) : leaving,
    )
  })
  return { ruleset: { tables, trailer: [] }, lost }
}

/**
 * The families in which our chains are whole: they hold everything that their own rules and these networks need. A
 * family that nothing needs may have no chains. The position of our jumps does not matter here: see `displacedJumps`.
 *
 * @param leaving - the interfaces by which containers leave the host; absent: as the rules have it
 * @example
 * wholeFamilies(await inspect(runner, 'iptables-nft'), networks) // ['ip6'] after "iptables -t mangle -F"
 * @public @since 0.1.0
 */
export const wholeFamilies = (
  actual: Ruleset,
  networks: MendOptions<Ruleset>['networks'],
  leaving?: readonly string[] | null,
): readonly Family[] => {
  const { ruleset, lost } = mend(actual, { networks, ...(leaving === undefined ? {} : { leaving }) })
  if (lost.length > 0) return []
  const damaged = new Set(
    diff(actual, ruleset).flatMap(({ operation: { kind, family } }) =>
      kind === 'move-rule' ? [] : [family],
    ),
  )
  return families.filter(
    (family) => !damaged.has(family) || !ruleset.tables.some((table) => table.family === family),
  )
}

/**
 * The bridges of the networks that have rules in our chains.
 * @example
 * guardedBridges(await inspect(runner, 'iptables-nft')) // ['br-web']
 * @public @since 0.1.0
 */
export const guardedBridges = (ruleset: Ruleset): readonly string[] => [
  ...new Set(families.flatMap((family) => bridgesIn(placedInFamily(ruleset, family)))),
]
