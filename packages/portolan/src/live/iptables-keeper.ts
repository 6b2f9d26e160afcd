import { type Mended, outwardInterfaces, type Runner } from '@portolan/core'
import { openNetlinkSocket, runsHere } from '@portolan/host'
import * as iptables from '@portolan/iptables'
import { type Family, families } from '@portolan/netfilter'
import * as nftables from '@portolan/nftables'
import type { Backend } from '../backend/backend.ts'
import { requireLegacyRules } from '../host-rules/read-legacy-rules.ts'
import { networksToGuard } from './guarded-elsewhere.ts'
import { hostNetworks, hostPresence } from './host-networks.ts'
import { mappingsAlone, portsOf, refuseLost } from './mappings-alone.ts'
import type { RuleKeeper } from './rule-keeper.ts'

/** @internal */
export const iptablesKeeper = (
  backend: Exclude<Backend, 'nftables'>,
  project: string,
  runner: Runner,
): RuleKeeper => {
  // What iptables-nft writes counts among the generations of nf_tables; nothing tells of the legacy variant's.
  const socket = backend === 'iptables-nft' && runsHere(runner) ? openNetlinkSocket() : null
  const generation = async (): Promise<number | null> =>
    socket === null ? null : nftables.generation(socket)
  let rules: iptables.Ruleset = iptables.emptyRuleset
  /** What our chains should be, however they were damaged. */
  let mended: Mended<iptables.Ruleset> = { ruleset: iptables.emptyRuleset, lost: [] }
  /** Our chains as they were last read whole, or made whole: what is to come back when it is lost. */
  let known: iptables.Ruleset | null = null
  /** The generation that `rules` are of; null: not known. */
  let expected: number | null = null
  const isCurrent = async (): Promise<boolean> => expected !== null && (await generation()) === expected
  return {
    read: async (facts) => {
      const before = await generation()
      rules =
        backend === 'iptables-legacy'
          ? await requireLegacyRules(runner)
          : await iptables.inspect(runner, backend)
      const networks = await networksToGuard(
        backend,
        hostNetworks(facts),
        iptables.guardedBridges(rules),
        runner,
      )
      expected = before
      const leaving = outwardInterfaces(facts)
      const complete = iptables.wholeFamilies(rules, networks, leaving)
      const isComplete = complete.length === families.length
      // A foreign rule in front of a jump can let in what our chains drop: the next call moves the jump.
      const whole = isComplete && iptables.displacedJumps(rules).length === 0
      const standing = complete.filter((family) => isStanding(rules, family))
      mended = iptables.mend(rules, {
        networks,
        known: isComplete ? null : known,
        presence: hostPresence(facts),
        leaving,
      })
      if (isComplete && standing.length > 0) known = iptables.ours(rules)
      const ports = portsOf(project, iptables.published(rules), iptables.published(mended.ruleset))
      return { ports, standing, whole }
    },
    isUnchanged: isCurrent,
    isCurrent,
    quickly: async () => false,
    hold: async (mappings) => {
      refuseLost(mended.lost)
      const wanted = iptables.adopt(mended.ruleset, mappingsAlone(project, mappings), project)
      const changes = iptables.diff(rules, wanted)
      const before = expected
      expected = null
      await iptables.apply(changes, runner, backend)
      rules = iptables.applyTo(rules, changes)
      known = wanted
      mended = { ruleset: wanted, lost: [] }
      const after = before === null ? null : await generation()
      // One more would be another program's, which came between.
      if (before !== null && after === (before + commits(changes)) >>> 0) expected = after
    },
    close: () => socket?.close(),
  }
}

/** How many transactions a restore makes of changes: one for each table of each family, as often as its turn comes. */
const commits = (changes: readonly iptables.IptablesChange[]): number =>
  families.reduce(
    (sum, family) => sum + (iptables.restoreText(changes, family).match(/^COMMIT$/gm)?.length ?? 0),
    0,
  )

/** Where destination NAT and masquerading live, something leads to our chains. */
const isStanding = (ruleset: iptables.Ruleset, family: Family): boolean =>
  iptables
    .ours(ruleset)
    .tables.some(
      (table) =>
        table.family === family &&
        table.name === 'nat' &&
        table.chains.some(({ kind }) => kind === 'built-in'),
    )
