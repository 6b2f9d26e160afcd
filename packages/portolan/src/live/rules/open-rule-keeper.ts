import { type DesiredState, type Mended, outwardInterfaces, type PublishedPort } from '@portolan/core'
import { amongNeighbours } from '@portolan/core/planning'
import { families } from '@portolan/netfilter'
import type { Backend } from '../../backend/backend.ts'
import { type DialectOf, dialects, type RulesOf } from '../../backend/dialects.ts'
import { hostNetworks, hostPresence } from '../networks/host-networks.ts'
import { refuseLost } from './refuse-lost.ts'
import type { RuleKeeper } from './rule-keeper.ts'
import type { RuleSource } from './rule-source.ts'

/** @internal */
export const openRuleKeeper = <One extends Backend>(
  backend: One,
  project: string,
  source: RuleSource<One>,
): RuleKeeper => {
  const dialect = dialects[backend]
  const { socket } = source
  let rules: RulesOf<One> = dialect.empty
  /** The managed rules with all damage repaired, without the changes of `quickly` since. */
  let mended: Mended<RulesOf<One>> = { ruleset: dialect.empty, lost: [] }
  /** The managed rules at the last complete reading or writing. They come back when they are lost. */
  let known: RulesOf<One> | null = null
  // `quickly` does not enter its changes into `rules`. So with a quick way, no change is entered.
  const entersChanges = dialect.quick === null
  /** `rules` includes all changes made since the reading. */
  let isEntered = true
  let unrestricted = false
  let stands = false
  let leaving: readonly string[] | null = null
  /** The generation of the rules while no other program changed any since the reading; null: not known. */
  let expected: number | null = null
  const isUnchanged = async (): Promise<boolean> =>
    expected !== null && (await source.generation()) === expected
  const isUnrestricted = (ruleset: RulesOf<One>): boolean =>
    dialect.quick !== null && !dialect.quick.restrictsPorts(ruleset)
  /** The desired state at the reading, with the changes that it needs; null: something was done since. */
  let asked: Asked<One> | null = null
  const askedFor = (desired: DesiredState | null): Asked<One> => {
    const wanted = dialect.adopt(mended.ruleset, desired, project, { leaving })
    return { desired, wanted, changes: dialect.diff(rules, wanted) }
  }
  return {
    read: async (facts, desired, neighbours = null) => {
      // Read before the rules: a change during the reading then makes the result uncertain.
      const before = await source.generation()
      rules = await source.inspect()
      const networks = await source.networksToGuard(
        amongNeighbours(hostNetworks(facts), neighbours),
        dialect.guardedBridges(rules),
      )
      expected = before
      isEntered = true
      unrestricted = isUnrestricted(rules)
      leaving = outwardInterfaces(facts)
      const complete = dialect.wholeFamilies(rules, networks, leaving)
      const isComplete = complete.length === families.length
      const led = dialect.standingFamilies(rules)
      stands = isComplete && complete.some((family) => led.includes(family))
      mended = isComplete
        ? { ruleset: rules, lost: [] }
        : dialect.mend(rules, { networks, known, presence: hostPresence(facts), leaving })
      if (stands) known = dialect.ours(rules)
      asked = askedFor(desired())
      const drift = asked.changes
      const [found, whole] = [rules, mended.ruleset]
      const isOwn = (port: PublishedPort): boolean => port.project === project
      return {
        // For this project only what is in force counts: a port known earlier may have been unpublished since.
        own: () => dialect.published(found).filter(isOwn),
        opened: () => dialect.opened(found).filter(isOwn),
        others: () => dialect.published(whole).filter((port) => !isOwn(port)),
        // A foreign rule in front of a jump can let in what our chains drop: the next call moves the jump.
        whole: isComplete && !dialect.isDisplaced(rules) && drift.length === 0,
        drift,
      }
    },
    isUnchanged,
    isCurrent: async () => isEntered && isUnchanged(),
    hasQuickWay: dialect.quick !== null && socket !== null,
    quickly: async (action, mappings) => {
      if (dialect.quick === null || !stands || expected === null || socket === null) return false
      const change = { action, project, mappings, unrestricted, generation: expected }
      if (!(await dialect.quick.carryOut(change, socket))) return false
      expected = afterTransactions(expected, 1)
      isEntered = entersChanges
      asked = null
      return true
    },
    hold: async (desired) => {
      refuseLost(mended.lost)
      const { wanted, changes } = asked?.desired === desired ? asked : askedFor(desired)
      asked = null
      const before = expected
      expected = null
      isEntered = entersChanges
      await source.apply(changes, before)
      known = wanted
      if (entersChanges) {
        rules = dialect.applyTo(rules, changes)
        mended = { ruleset: wanted, lost: [] }
      }
      stands = dialect.standingFamilies(wanted).length > 0
      unrestricted = isUnrestricted(wanted)
      const after = before === null ? null : await source.generation()
      // A further transaction is another program's, made in between.
      if (before !== null && after === afterTransactions(before, dialect.transactions(changes)))
        expected = after
    },
    close: () => source.close(),
  }
}

interface Asked<One extends Backend> {
  readonly desired: DesiredState | null
  readonly wanted: RulesOf<One>
  readonly changes: ReturnType<DialectOf<One>['diff']>
}

/** A generation is a number of 32 bits, so it wraps around. */
const afterTransactions = (before: number, transactions: number): number => (before + transactions) >>> 0
