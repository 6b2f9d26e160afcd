import {
  type DesiredState,
  type Mended,
  type NetlinkSocket,
  outwardInterfaces,
  type PublishedPort,
  type Runner,
} from '@portolan/core'
import { openNetlinkSocket, runsHere } from '@portolan/host'
import { families } from '@portolan/netfilter'
import { openMemory } from '../../apply/host-memory.ts'
import type { Backend } from '../../backend/backend.ts'
import { dialects, generation, type RulesOf } from '../../backend/dialects.ts'
import { hostAccess } from '../../host-rules/host-access.ts'
import { hostNetworks, hostPresence } from '../networks/host-networks.ts'
import { networksToGuard } from './guarded-elsewhere.ts'
import { refuseLost } from './refuse-lost.ts'
import type { RuleKeeper } from './rule-keeper.ts'

/** @internal */
export const openRuleKeeper = <One extends Backend>(
  backend: One,
  project: string,
  runner: Runner,
  stateDirectory: string,
): RuleKeeper => {
  const dialect = dialects[backend]
  // A socket of this process speaks of this network namespace, where a Runner of the caller's need not be. Nothing tells
  // of the generations of iptables-legacy.
  const socket: NetlinkSocket | null =
    dialect.countsGenerations && runsHere(runner) ? openNetlinkSocket() : null
  const host = hostAccess(runner, socket)
  const present = async (): Promise<number | null> => (socket === null ? null : generation(socket))
  let rules: RulesOf<One> = dialect.empty
  /** What ours should be, however it was damaged, without what `quickly` did since. */
  let mended: Mended<RulesOf<One>> = { ruleset: dialect.empty, lost: [] }
  /** Ours as it was last read whole, or made whole: what is to come back when it is lost. */
  let known: RulesOf<One> | null = null
  // What is done quickly is not entered into what was read. So nothing is, where there is a quick way.
  const entersChanges = dialect.quick === null
  let unrestricted = false
  let stands = false
  let leaving: readonly string[] | null = null
  /** The generation of the rules if no other program has changed any since they were read; null: not known. */
  let expected: number | null = null
  const isUnchanged = async (): Promise<boolean> => expected !== null && (await present()) === expected
  const isUnrestricted = (ruleset: RulesOf<One>): boolean =>
    dialect.quick !== null && !dialect.quick.restrictsPorts(ruleset)
  const adopt = (desired: DesiredState | null): RulesOf<One> =>
    dialect.adopt(mended.ruleset, desired, project, { leaving })
  /** What comes into being beside our rules is noted before it does, so that `destroy` takes it away. */
  const noteTraces = async (changes: ReturnType<typeof dialect.diff>): Promise<void> => {
    const created = (await dialect.traces?.foresee(changes, runner)) ?? []
    if (created.length > 0) await (await openMemory(stateDirectory)).noteCreated(created)
  }
  return {
    read: async (facts, desired) => {
      // Asked before: what changes during the reading makes it uncertain.
      const before = await present()
      rules = await dialect.inspect(host)
      const networks = await networksToGuard(
        backend,
        hostNetworks(facts),
        dialect.guardedBridges(rules),
        runner,
      )
      expected = before
      unrestricted = isUnrestricted(rules)
      leaving = outwardInterfaces(facts)
      const complete = dialect.wholeFamilies(rules, networks, leaving)
      const isComplete = complete.length === families.length
      const led = dialect.standingFamilies(rules)
      stands = isComplete && complete.some((family) => led.includes(family))
      mended = dialect.mend(rules, {
        networks,
        known: isComplete ? null : known,
        presence: hostPresence(facts),
        leaving,
      })
      if (stands) known = dialect.ours(rules)
      const isOwn = (port: PublishedPort): boolean => port.project === project
      const drift = dialect.diff(rules, adopt(desired()))
      return {
        // Of this project only what is in force: what was known once may have been taken back since.
        own: dialect.published(rules).filter(isOwn),
        others: dialect.published(mended.ruleset).filter((port) => !isOwn(port)),
        // A foreign rule in front of a jump can let in what our chains drop: the next call moves the jump.
        whole: isComplete && !dialect.isDisplaced(rules) && drift.length === 0,
        drift,
      }
    },
    isUnchanged,
    isCurrent: async () => entersChanges && isUnchanged(),
    quickly: async (action, mappings) => {
      if (dialect.quick === null || !stands || expected === null || socket === null) return false
      const change = { action, project, mappings, unrestricted, generation: expected }
      if (!(await dialect.quick.carryOut(change, socket))) return false
      expected = afterTransactions(expected, 1)
      return true
    },
    hold: async (desired) => {
      refuseLost(mended.lost)
      const wanted = adopt(desired)
      const changes = dialect.diff(rules, wanted)
      const before = expected
      expected = null
      await noteTraces(changes)
      await dialect.apply(changes, runner)
      known = wanted
      if (entersChanges) {
        rules = dialect.applyTo(rules, changes)
        mended = { ruleset: wanted, lost: [] }
      }
      stands = dialect.standingFamilies(wanted).length > 0
      unrestricted = isUnrestricted(wanted)
      const after = before === null ? null : await present()
      // One more would be another program's, which came between.
      if (before !== null && after === afterTransactions(before, dialect.transactions(changes)))
        expected = after
    },
    close: () => socket?.close(),
  }
}

/** A generation is a number of 32 bits. */
const afterTransactions = (before: number, transactions: number): number => (before + transactions) >>> 0
