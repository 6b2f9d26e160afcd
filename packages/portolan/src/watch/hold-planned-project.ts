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
import { driftBesideRules } from './drift-beside-rules.ts'
import { failureOf, outcomeOf } from './failure-of.ts'
import { asTheyWere, followExternals } from './followed-externals.ts'
import { heldLeases } from './held-leases.ts'
import { heldNotes } from './held-notes.ts'
import type { HeldProject } from './held-project.ts'
import type { HeldText } from './held-text.ts'
import type { DriftChange } from './host-event.ts'
import { openPlacedRules } from './placed-rules.ts'
import { presentWish } from './present-wish.ts'
import { udpPorts } from './udp-ports.ts'
import { hasLeases, owedIn, takesLeases, toLease, toWriteDown } from './wanted-leases.ts'

/** A planned project as what is watched, to be closed when it no longer is. */
export interface HeldPlan extends HeldProject {
  /** What could not be read when it was planned: sentences. */
  readonly unread: readonly string[]
  /** Which move it finishes, and what it leaves endpoints of `attach` without, told before it is done: sentences. */
  readonly notes: readonly string[]
  /** What is wanted. */
  intent(): Intent
  /** What of the text that it was planned from cannot take effect, with its places. */
  readonly ofText: readonly IntentNote[]
  /** The other hosts of the cluster, as they were known last; null: none ever were. */
  neighbours(): ClusterNeighbours | null
  /** Writes down again what is leased and what the host was before, where that was lost: the next plan goes by it. */
  keepLeases(): Promise<void>
  close(): void
}

/**
 * A project that a file describes as what is watched: what the plan for the file has is wanted.
 *
 * @param wanted - what is wanted at first
 * @param last - the other hosts as they were known before, for as long as nothing is remembered of them
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
  /** That of its rules; null: it is to be settled. */
  let backend: Backend | null = null
  const leases = heldLeases(stateDirectory)
  const before = heldNotes(stateDirectory)
  /** With what was known last of the other hosts and of the leases, where that was lost or damaged since. */
  const asKnown = async (): Promise<PlanOptions> => {
    const { known } = await knownNeighbours(options.neighbours, { ...options, stateDirectory }, {})
    neighbours = known ?? neighbours
    const held = {
      ...{ ...options, stateDirectory, leases: leases.store },
      ...(backend === null ? {} : { backend }),
    }
    return neighbours === null ? held : { ...held, neighbours }
  }
  const quick = async (intent: Intent, more: Pick<PlanOptions, 'backend'> = {}): Promise<Plan> =>
    planBeside(intent, { ...(await asKnown()), ...more }, { search: false })
  let intent = wanted
  const first = await quick(intent)
  /** The other hosts that what is wanted was made with; a search for conflicts may know of others before. */
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
  /** Connections that a run which was cut off has left bound to where they went before. */
  let owed = owedIn(first)
  leases.note(first, false)
  /** What is leased, or what is in force, is written down nowhere any more. */
  let lost = false
  const takeAgain = async (): Promise<void> => {
    await leases.takeAgain()
    await before.takeAgain()
  }
  /** Nothing of a project without networks keeps another process from putting back what the host was before. */
  const lookForNotes = async (): Promise<boolean> => desired.networks.length > 0 && before.look()
  await lookForNotes()
  const want = (planned: Plan): void => {
    desired = planned.desired
    leases.note(planned, false)
  }
  const wishOn = presentWish(() => ({ intent, desired, neighbours: taken }))
  const heldIn = (one: Backend): HeldRules => {
    const rules: HeldRules = new HeldRules(
      project,
      { readFacts: readNetworkFacts, withLock: withHostLock, neighbours: () => neighbours },
      openRuleKeeper(one, project, openRuleSource(one, runner, stateDirectory)),
      () => wishOn(rules.facts),
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
  /** As they were found last. */
  let conflicts: readonly Conflict[] = []
  const conntrack = openConntrack()
  const links = openLinks()
  /** The ports that belong on each network: another program may have released them. */
  let ports: Ports = new Map()

  const elsewhere = () => {
    const { facts: present } = placed.rules
    return driftBesideRules(
      wishOn(present),
      present,
      options.sysctls ?? thisSysctls.isWritable('net.ipv4.ip_forward'),
    )
  }
  const externals = followExternals(async () => (await quick(intent)).desired)
  let external = asTheyWere
  /** Another process gave leases up: what is wanted may have no use for them, as after a detach. */
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
    // Where something else is to be brought back, that is done before.
    if (external.missing !== null && found.length === 0) throw external.missing
    return [...found, ...external.moved]
  }
  /** Other hosts of the cluster came or went: what is wanted are other routes, and rules that name other blocks. */
  const takeNeighbours = async (): Promise<void> => {
    await asKnown()
    const now = neighbours
    if (textOf(now) === textOf(taken)) return
    want(await quick(intent))
    taken = now
  }
  /** Another process put the project into force with another backend, where none was named for this one. */
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
      // That process may be at it still.
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
      // Where it cannot be written, the rules are brought back first, and that is told last.
      const isLost = lost
      const unwritten = isLost ? await failureOf(takeAgain()) : null
      if (isLost && unwritten === null) repaired.push(toWriteDown)
      // What is attached under another name than a service's is in no plan: the next one finds it by its interface.
      const isBeside = strays.length + owed.length + external.moved.length + elsewhere().length > 0
      let failure = unwritten ?? external.missing
      const planned =
        unwritten === null && (pending || lost || isBeside) ? await outcomeOf(quick(intent)) : null
      // While an external network is missing, the rules are brought back all the same.
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
        // What another program took away of other projects comes back too.
        await rules.refresh()
      }
      const isDamaged = rules.isDamaged()
      if (isDamaged) repaired.push(...(await rules.mend()))
      // A bridge that came in the place of one that was deleted has none of its ports.
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
      // That it is missing is told, and nothing can be looked for without it.
      if (!externals.areMissing())
        conflicts = await (await prepareSearch(intent, await asKnown(), {}, search.conflicts))()
      return conflicts
    },
    isTold: externals.isTold,
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

/** What of the other hosts is wanted of this one. */
const textOf = (neighbours: ClusterNeighbours | null): string =>
  JSON.stringify(neighbours === null ? null : [neighbours.blocks, neighbours.others])
