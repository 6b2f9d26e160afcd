import type { DesiredMapping, Mended, Runner } from '@portolan/core'
import { openNetlinkSocket, runsHere } from '@portolan/host'
import { families } from '@portolan/netfilter'
import * as nftables from '@portolan/nftables'
import { networksToGuard } from './guarded-elsewhere.ts'
import { hostNetworks, hostPresence } from './host-networks.ts'
import { mappingsAlone, portsOf, refuseLost } from './mappings-alone.ts'
import type { RuleKeeper } from './rule-keeper.ts'

/** @internal */
export const nftablesKeeper = (project: string, runner: Runner): RuleKeeper => {
  // A socket of this process speaks of this network namespace, where a Runner of the caller's need not be.
  const socket = runsHere(runner) ? openNetlinkSocket() : null
  const generation = async (): Promise<number | null> =>
    socket === null ? null : nftables.generation(socket)
  let rules: nftables.Ruleset = nftables.emptyRuleset
  /** What our table should be, however it was damaged, without what `quickly` did since. */
  let mended: Mended<nftables.Ruleset> = { ruleset: nftables.emptyRuleset, lost: [] }
  /** Our table as it was last read whole, or made whole: what is to come back when it is lost. */
  let known: nftables.Ruleset | null = null
  let unrestricted = false
  let stands = false
  /** The generation of the rules if no other program has changed any since they were read; null: not known. */
  let expected: number | null = null
  const isUnchanged = async (): Promise<boolean> => expected !== null && (await generation()) === expected
  /** A transaction of ours has been made. */
  const countOwn = (): void => {
    if (expected !== null) expected = (expected + 1) >>> 0
  }
  return {
    read: async (facts) => {
      // Asked before: what changes during the reading makes it uncertain.
      const before = await generation()
      rules = await nftables.inspect(runner, socket === null ? {} : { socket })
      const networks = await networksToGuard(
        'nftables',
        hostNetworks(facts),
        nftables.guardedBridges(rules),
        runner,
      )
      expected = before
      unrestricted = !nftables.restrictsPorts(rules)
      const whole = nftables.isWhole(rules, networks)
      stands = whole && nftables.isStanding(rules)
      mended = nftables.mend(rules, {
        networks,
        known: whole ? null : known,
        presence: hostPresence(facts),
      })
      if (stands) known = rules
      return {
        ports: portsOf(project, nftables.published(rules), nftables.published(mended.ruleset)),
        standing: stands ? families : [],
        whole,
      }
    },
    isUnchanged,
    // What is done quickly is not entered into what was read.
    isCurrent: async () => false,
    quickly: async (action, mapping) => {
      if (!stands || expected === null || socket === null) return false
      const make = action === 'add' ? nftables.publishChange : nftables.unpublishChange
      const change = make(project, mapping, { unrestricted })
      // The kernel refuses it when the rules are of another generation: another program may have flushed the rest of the table.
      if (change === null || !(await nftables.applyLive([change], socket, { generation: expected })))
        return false
      countOwn()
      return true
    },
    hold: async (mappings: readonly DesiredMapping[]) => {
      refuseLost(mended.lost)
      const wanted = nftables.adopt(mended.ruleset, mappingsAlone(project, mappings), project)
      const changes = nftables.diff(rules, wanted)
      await nftables.apply(changes, runner)
      known = wanted
      stands = wanted.tables.length > 0
      unrestricted = !nftables.restrictsPorts(wanted)
      if (changes.length > 0) countOwn()
    },
    close: () => socket?.close(),
  }
}
