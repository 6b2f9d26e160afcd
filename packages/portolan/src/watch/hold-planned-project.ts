import type { ClusterNeighbours, Conflict, DesiredState, Intent, IntentNote } from '@portolan/core'
import { unfinishedMoveNotes } from '@portolan/core/planning'
import {
  createRunner,
  defaultStateDirectory,
  openClusterMemory,
  openConntrack,
  openLinks,
  readNetworkFacts,
  withHostLock,
} from '@portolan/host'
import { PortolanError } from '@portolan/netfilter'
import { type ApplyOptions, apply } from '../apply/apply.ts'
import type { Backend } from '../backend/backend.ts'
import { withLeaseStore } from '../leases/with-lease-store.ts'
import { attachToNetwork } from '../live/networks/attach-to-network.ts'
import { lostPorts, type Ports, portDrift, portsOfBridges } from '../live/networks/bridge-ports.ts'
import { HeldRules } from '../live/rules/held-rules.ts'
import { openRuleKeeper } from '../live/rules/open-rule-keeper.ts'
import { openRuleSource } from '../live/rules/open-rule-source.ts'
import { thisSysctls } from '../live/this-sysctls.ts'
import { endpointNotes } from '../plan/endpoints/endpoint-notes.ts'
import { knownNeighbours } from '../plan/known-neighbours.ts'
import type { Plan } from '../plan/plan.ts'
import { planBeside, prepareSearch } from '../plan/plan-intent.ts'
import type { PlanOptions } from '../plan/plan-options.ts'
import { openSearchThread } from '../plan/search-thread.ts'
import { appliedElsewhere } from './applied-elsewhere.ts'
import { desiredForFacts } from './desired-for-facts.ts'
import { driftBesideRules } from './drift-beside-rules.ts'
import { failureOf, outcomeOf } from './failure-of.ts'
import { asTheyWere, followExternals } from './followed-externals.ts'
import { heldLeases } from './held-leases.ts'
import { heldNotes } from './held-notes.ts'
import type { HeldProject } from './held-project.ts'
import type { HeldText } from './held-text.ts'
import type { DriftChange } from './host-event.ts'
import { openPlacedRules } from './placed-rules.ts'
import { udpPorts } from './udp-ports.ts'
import { hasLeases, owedIn, takesLeases, toLease, toWriteDown } from './wanted-leases.ts'

/** A planned project that is watched. The caller closes it at the end. */
export interface HeldPlan extends HeldProject {
  /** Sentences about what could not be read while planning. */
  readonly unread: readonly string[]
  /**
   * Sentences for the start: a move of a network that is finished now, and endpoints of `attach` that lack something.
   */
  readonly notes: readonly string[]
  /** The intent that is held. */
  intent(): Intent
  /** Notes on parts of the planned text that cannot take effect, with their places. */
  readonly ofText: readonly IntentNote[]
  /** The other hosts of the cluster, as last known; null: none were ever known. */
  neighbours(): ClusterNeighbours | null
  /** Writes lost leases and lost notes of host values again, because the next plan needs them. */
  keepLeases(): Promise<void>
  close(): void
}

/**
 * Holds a project that a file describes: the desired state is the one of the file's plan.
 *
 * @param wanted - the intent to start with
 * @param last - the other hosts as known before; used while the state directory remembers none
 * @throws what `plan` throws
 */
export const holdPlannedProject = async (
  wanted: Intent,
  text: HeldText,
  options: PlanOptions,
  applyOptions: ApplyOptions,
  last: ClusterNeighbours | null = null,
): Promise<HeldPlan> => {
  const runner = options.runner ?? createRunner()
  const stateDirectory = options.stateDirectory ?? defaultStateDirectory()
  let neighbours = last
  /** The backend that has the rules; null: not chosen yet. */
  let backend: Backend | null = null
  const leases = heldLeases(stateDirectory)
  const before = heldNotes(stateDirectory)
  /** The plan options with the last known other hosts and leases, in case the files were lost or damaged since. */
  const knownOptions = async (): Promise<PlanOptions> => {
    const { known } = await knownNeighbours(options.neighbours, { ...options, stateDirectory }, {})
    neighbours = known ?? neighbours
    const held = {
      ...{ ...options, stateDirectory, leases: leases.store },
      ...(backend === null ? {} : { backend }),
    }
    return neighbours === null ? held : { ...held, neighbours }
  }
  const quick = async (intent: Intent, more: Pick<PlanOptions, 'backend'> = {}): Promise<Plan> =>
    planBeside(intent, { ...(await knownOptions()), ...more }, { search: false })
  let intent = wanted
  const first = await quick(intent)
  /** The other hosts that the desired state was made with. A search for conflicts may learn of newer ones earlier. */
  let taken = neighbours
  const { project } = first
  const { facts } = first.observed
  const leased = await leases.store.read()
  const { ownCommand, wording } = options
  const worded = { ...(ownCommand && { ownCommand }), ...(wording && { wording }) }
  const notes = [
    ...unfinishedMoveNotes(project, first.subnets, facts, leased),
    ...endpointNotes({ facts, leases: leased, mendsPorts: true, ...worded }, first.desired),
  ]
  let desired: DesiredState = first.desired
  /** Something the project needs is not leased yet. */
  let pending = hasLeases(first)
  /** Connections that an interrupted run left bound to their earlier destination. */
  let owed = owedIn(first)
  leases.note(first, false)
  /** The record of the leases or of the applied project is lost. */
  let lost = false
  const takeAgain = async (): Promise<void> => {
    await leases.takeAgain()
    await before.takeAgain()
  }
  /**
   * Looks for lost notes. Without networks of the project another process may put the host's values back and delete the
   * notes, so missing notes are no loss then.
   */
  const lookForNotes = async (): Promise<boolean> => desired.networks.length > 0 && before.look()
  await lookForNotes()
  const want = (planned: Plan): void => {
    desired = planned.desired
    leases.note(planned, false)
  }
  const desiredFor = desiredForFacts(() => ({ intent, desired, neighbours: taken }))
  const heldIn = (one: Backend): HeldRules => {
    const rules: HeldRules = new HeldRules(
      project,
      { readFacts: readNetworkFacts, withLock: withHostLock, neighbours: () => neighbours },
      openRuleKeeper(one, project, openRuleSource(one, runner, stateDirectory)),
      () => desiredFor(rules.facts),
    )
    return rules
  }
  const placed = openPlacedRules(
    project,
    { first: first.backend, isNamed: (options.backend ?? 'auto') !== 'auto' },
    heldIn,
    runner,
  )
  backend = placed.backend

  const search = openSearchThread()
  /** The conflicts of the last search. */
  let conflicts: readonly Conflict[] = []
  const conntrack = openConntrack()
  const links = openLinks()
  /** The ports that belong to each network, remembered because another program may release them from the bridge. */
  let ports: Ports = new Map()

  const elsewhere = () => {
    const { facts: present } = placed.rules
    return driftBesideRules(
      desiredFor(present),
      present,
      options.sysctls ?? thisSysctls.isWritable('net.ipv4.ip_forward'),
    )
  }
  const externals = followExternals(async () => (await quick(intent)).desired)
  let external = asTheyWere
  /** Plans again after another process gave leases up. The project may no longer need them, as after a detach. */
  const planLeases = async (): Promise<void> => {
    const planned = await quick(intent)
    pending = takesLeases(planned)
    if (!pending) leases.note(planned, false)
  }
  const drift = async (): Promise<readonly DriftChange[]> => {
    const { rules } = placed
    await rules.refresh()
    ports = portsOfBridges(project, rules.facts, ports)
    const released = portDrift(project, rules.facts, ports)
    lost = !pending && ((await leases.areLost()) || text.isLost() || (await lookForNotes()))
    if (!pending && !lost && !externals.areMissing() && (await leases.areGivenUp())) await planLeases()
    const found = [
      ...[...placed.drift(), ...rules.drift(), ...elsewhere(), ...released, ...owed],
      ...(pending ? [toLease] : lost ? [toWriteDown] : []),
    ]
    external = await externals.look(desired, rules.facts)
    // Other drift is repaired first. The missing network is reported when nothing else is left.
    if (external.missing !== null && found.length === 0) throw external.missing
    return [...found, ...external.moved]
  }
  /** Takes over changes of the cluster's other hosts: they change the routes and the blocks that rules name. */
  const takeNeighbours = async (): Promise<void> => {
    await knownOptions()
    const now = neighbours
    if (textOf(now) === textOf(taken)) return
    want(await quick(intent))
    taken = now
  }
  /** Follows the project to another backend, when another process moved it and no backend is named for this one. */
  const takeBackend = async (): Promise<void> => {
    if (!(await placed.look())) return
    backend = placed.backend
    await text.moveTo(backend)
    want(await quick(intent))
  }
  const isApplied = async (): Promise<boolean> => {
    const { place } = placed
    const found = await appliedElsewhere({
      ...{ held: intent, read: () => text.read(), isMoved: elsewhere().length > 0, place },
      // The other process may still be working, so the plan waits for the host's lock.
      plan: (one) => withHostLock(() => quick(one, { backend: place })),
    })
    if (found === null) return false
    intent = found.intent
    text.taken(intent)
    want(found.planned)
    pending = takesLeases(found.planned)
    owed = owedIn(found.planned)
    return true
  }
  return {
    project,
    get backend() {
      return placed.backend
    },
    unread: first.unread,
    notes,
    intent: () => intent,
    ofText: first.notes.filter((note) => note.place !== null || wanted.notes.includes(note)),
    neighbours: () => neighbours,
    keepLeases: async () => {
      if ((await leases.areLost()) || (await lookForNotes())) await takeAgain()
    },
    isUnchanged: () => placed.rules.isUnchanged(),
    look: async () => {
      await text.keepHold()
      await takeNeighbours()
      await takeBackend()
      const found = await drift()
      return found.length > 0 && (await isApplied()) ? drift() : found
    },
    repair: async () => {
      const { rules } = placed
      const strays = placed.drift()
      const repaired: DriftChange[] = []
      // When the records cannot be written, the rules are repaired first, and the error is thrown at the end.
      const isLost = lost
      const unwritten = isLost ? await failureOf(takeAgain()) : null
      if (isLost && unwritten === null) repaired.push(toWriteDown)
      // No plan has an endpoint whose name is not a service's. The next plan finds it by its interface.
      const isBeside = strays.length + owed.length + external.moved.length + elsewhere().length > 0
      let failure = unwritten ?? external.missing
      const planned =
        unwritten === null && (pending || lost || isBeside) ? await outcomeOf(quick(intent)) : null
      // A missing external network stops the plan, but not the repair of the rules.
      if (planned instanceof PortolanError) failure = planned
      else if (planned !== null) {
        want(planned)
        repaired.push(...planned.changes)
        await apply(planned, applyOptions)
        await lookForNotes()
        leases.note(planned, true)
        placed.settled()
        pending = false
        lost = false
        owed = []
        // The rules are read again, so that rules of other projects that a program removed are repaired too.
        await rules.refresh()
      }
      const isDamaged = rules.isDamaged()
      if (isDamaged) repaired.push(...(await rules.mend()))
      // A bridge made in place of a deleted one has no ports yet.
      for (const { network, port } of lostPorts(project, rules.facts, ports))
        await attachToNetwork(rules, { links, sysctls: thisSysctls }, port, `${project}/${network}`, {
          isRepair: true,
        })
      if (isDamaged) await conntrack.forgetUntranslated(udpPorts(desired))
      if (failure !== null) throw failure
      if (isLost) await text.writeDown(placed.backend, neighbours)
      return repaired
    },
    conflicts: async () => {
      // The missing network is already reported, and a search is not possible without it.
      if (!externals.areMissing())
        conflicts = await (await prepareSearch(intent, await knownOptions(), {}, search.conflicts))()
      return conflicts
    },
    wasReported: externals.wasReported,
    desired: () => desired,
    leases: () => withLeaseStore(options, async (store) => (store === null ? null : store.read())),
    follow: openClusterMemory(stateDirectory).follow,
    close: () => {
      void search.close()
      placed.close()
      conntrack.close()
      links.close()
    },
  }
}

/** The other hosts as text, as far as they change what this host needs. */
const textOf = (neighbours: ClusterNeighbours | null): string =>
  JSON.stringify(neighbours === null ? null : [neighbours.blocks, neighbours.others])
