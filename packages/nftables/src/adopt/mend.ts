import type { Mended, MendOptions } from '@portolan/core'
import { checkMendOptions } from '@portolan/core/planning'
import { type Family, families } from '@portolan/netfilter'
import { assemble } from '../compile/assemble.ts'
import { ownTable } from '../compile/ours.ts'
import type { Parts } from '../compile/parts.ts'
import { diff } from '../diff/diff.ts'
import { type Element, emptyRuleset, type Ruleset } from '../model/index.ts'
import { extract } from './extract.ts'
import { reattach } from './reattach.ts'
import { recall, stillMapped, surviving } from './recall.ts'
import { requireNetwork } from './require-network.ts'
import { targetOf } from './yield-to.ts'

/** Removes the parts that cannot be loaded: elements whose chain is missing, and chains that no element leads to. */
const closed = (parts: Parts): { readonly parts: Parts; readonly lost: readonly string[] } => {
  const names = new Set(parts.chains.map(({ name }) => name))
  const reached = new Set<string>()
  const lost: string[] = []
  const elements = new Map<string, readonly Element[]>()
  for (const [set, items] of parts.elements) {
    const kept = items.filter((item) => {
      const target = targetOf(item)
      if (target === null) return true
      if (names.has(target)) reached.add(target)
      else
        lost.push(
          `The rules of chain ${target} (nftables, table inet portolan) are gone; they are for ${item.comment}.`,
        )
      return names.has(target)
    })
    if (kept.length > 0) elements.set(set, kept)
  }
  return { parts: { ...parts, elements, chains: parts.chains.filter(({ name }) => reached.has(name)) }, lost }
}

/**
 * The table to restore after another program deleted parts of it. The sources are the parts still there, the networks
 * as described by their bridges, and the last known rules.
 *
 * @returns `lost` names the parts that none of these sources describe; then the table must not be treated as whole
 * @example
 * diff(actual, mend(actual, { networks, known }).ruleset) // brings back what is missing
 * @public @since 0.1.0
 */
export const mend = (actual: Ruleset, options: MendOptions<Ruleset>): Mended<Ruleset> => {
  checkMendOptions(options)
  const { networks, known, presence } = options
  const found = reattach(extract(actual, () => true))
  const before = known === undefined || known === null ? emptyRuleset : known
  const all = { hasInterface: () => true, hasSubnetOf: () => true }
  const recalled = recall(found, stillMapped(surviving(before, presence ?? all), found))
  const { parts, lost } = closed(networks.reduce(requireNetwork, recalled))
  return { ruleset: assemble(parts), lost }
}

/**
 * Is our table whole: does it hold everything that its own elements and these networks need? Without networks and
 * elements the table may be absent.
 * @example
 * isWhole(await inspect(runner), networks) // false after "nft flush table inet portolan"
 * @public @since 0.1.0
 */
export const isWhole = (actual: Ruleset, networks: MendOptions<Ruleset>['networks']): boolean => {
  const { ruleset, lost } = mend(actual, { networks })
  if (lost.length > 0) return false
  return ownTable(ruleset) === null || diff(actual, ruleset).length === 0
}

/** The families in which no rule of ours is missing. One table serves both families, so the answer is both or none. */
export const wholeFamilies = (
  actual: Ruleset,
  networks: MendOptions<Ruleset>['networks'],
): readonly Family[] => (isWhole(actual, networks) ? families : [])

/**
 * The bridges of the networks that have entries in our table.
 * @example
 * guardedBridges(await inspect(runner)) // ['br-web']
 * @public @since 0.1.0
 */
export const guardedBridges = (ruleset: Ruleset): readonly string[] =>
  (ownTable(ruleset)?.sets ?? [])
    .filter(({ name }) => name === 'bridges' || name === 'to_network')
    .flatMap(({ elements }) => elements.flatMap(({ key }) => (key.kind === 'text' ? [key.text] : [])))
