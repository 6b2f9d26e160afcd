import { type ClusterNeighbours, type Runner, releaseProject } from '@portolan/core'
import {
  appliedProjects,
  createRunner,
  defaultStateDirectory,
  emptyState,
  forgetAppliedTexts,
  forgetChainedPorts,
  mayChangeNetwork,
  openLinks,
  otherRouteHolder,
  readHost,
  readNeighbours,
  readState,
} from '@portolan/host'
import { PermissionError, PortolanError, StaleStateError } from '@portolan/netfilter'
import { checkOptions, flagValue, type OptionKinds } from '@portolan/netfilter/schema'
import { type ApplyOptions, applyKinds } from '../apply/apply.ts'
import { carryOut } from '../apply/apply-plan.ts'
import { checkRemovalValue, projectValue } from '../arguments/value-kinds.ts'
import { refuseElsewhere } from '../backend/refuse-elsewhere.ts'
import { readRules } from '../host-rules/read-rules.ts'
import { readLeases } from '../leases/read-leases.ts'
import { withLeaseStore } from '../leases/with-lease-store.ts'
import { forgetLiveProject, liveProjects } from '../live/wanted/live-projects.ts'
import { planRemoval, type Removal } from './plan-removal.ts'
import { refuseAttached } from './refuse-attached.ts'
import { refuseWatched } from './refuse-watched.ts'
import { readSurroundings } from './surroundings.ts'

/**
 * @example
 * const intent = readCompose('services: {web: {ports: ["8080:80"]}}', { source: 'compose.yaml', project: 'shop' })
 * await apply(await plan(intent, { backend: 'nftables' }))
 * const options: DestroyOptions = { project: 'shop', keepLeases: true }
 * const removed = await destroy(options)
 * removed.projects // ['shop']
 * @public @since 0.1.0
 */
export interface DestroyOptions extends ApplyOptions {
  /**
   * One project. Absent: every project on this host, and everything else that is left of Portolan. The command requires
   * `--all` for that; the library does not ask.
   */
  readonly project?: string
  /** Subnets, addresses and ports stay leased, so that a later apply gets them back. */
  readonly keepLeases?: boolean
}

const destroyKinds: OptionKinds<DestroyOptions> = {
  ...applyKinds,
  project: projectValue,
  keepLeases: flagValue,
}

/**
 * Plans the removal of one project, or of everything that Portolan has on this host. No intent is needed. Changes
 * nothing.
 * @example
 * const removal = await planDestroy({ project: 'shop' })
 * for (const { description } of removal.changes) console.log(description)
 * await destroy({ project: 'shop' }, removal)
 * @public @since 0.1.0
 */
export const planDestroy = async (options: DestroyOptions = {}): Promise<Removal> => {
  checkOptions<DestroyOptions>(options, destroyKinds, 'the options of planDestroy')
  const runner = options.runner ?? createRunner()
  const stateDirectory = options.stateDirectory ?? defaultStateDirectory()
  await refuseElsewhere(runner, true)
  await refuseWatched(stateDirectory, options.project ?? null)
  const [facts, rules, state, leases] = await Promise.all([
    readHost({ processNames: false }),
    readRules(runner, null),
    readState(stateDirectory),
    options.keepLeases === true ? null : withLeaseStore(options, readLeases),
  ])
  // Otherwise bridges would be removed, and rules that could not be read would stay.
  if ((rules.hidden ?? []).length > 0 && mayChangeNetwork())
    throw new PermissionError(
      `Nothing is removed, since some rules could not be read and would stay behind. ${rules.unread.join(' ')}`,
      'CAP_DAC_READ_SEARCH',
    )
  return planRemoval({
    facts,
    rules,
    surroundings: await readSurroundings(runner, rules, state),
    state,
    project: options.project ?? null,
    leases: leases?.state ?? null,
    live: liveProjects(stateDirectory),
    texts: await appliedProjects(stateDirectory),
    stateDirectory,
    routesOf: await otherRouteHolder(stateDirectory, await knownNeighbours(stateDirectory)),
  })
}

/**
 * Reads the other hosts of the cluster. A damaged file is of no use to a removal, and `plan` and `cluster join` report
 * it.
 */
const knownNeighbours = async (stateDirectory: string): Promise<ClusterNeighbours | null> => {
  try {
    return await readNeighbours(stateDirectory)
  } catch (error) {
    if (error instanceof PortolanError) return null
    throw error
  }
}

/**
 * Removes one project, or without `project` EVERY project on this host. It removes the rules in every backend, and the
 * bridges, whose ports are released and not deleted. When nothing of Portolan stays, it also restores the sysctls, and
 * removes the iptables-nft tables that Portolan brought into being. At last it gives up the leases, unless they are
 * kept. No foreign rule is touched.
 *
 * @param removal - what `planDestroy` found; absent: planned now
 * @throws InvalidRequestError for an invalid argument or option
 * @throws StaleStateError, ApplyError, PermissionError as `apply` does
 * @throws PortolanError `WATCHED` where a process holds the project with `portolan watch`, which would bring the
 * project back; `ENDPOINT_ATTACHED` where an address would be given up that a macvlan still answers for, unless leases
 * are kept
 * @example
 * await destroy({ project: 'shop' })
 * await destroy() // every project on this host
 * @public @since 0.1.0
 */
export const destroy = async (options: DestroyOptions = {}, removal?: Removal): Promise<Removal> => {
  checkOptions<DestroyOptions>(options, destroyKinds, 'the options of destroy')
  if (removal !== undefined) checkRemovalValue(removal)
  const planned = removal ?? (await planDestroy(options))
  if (removal !== undefined) await refuseNewUses(removal, options)
  const runner: Runner = options.runner ?? createRunner()
  const stateDirectory = options.stateDirectory ?? defaultStateDirectory()
  // A watch may have begun while the user was asked.
  if (removal !== undefined) await refuseWatched(stateDirectory, options.project ?? null)
  const state = await readState(stateDirectory)
  const isDone = planned.changes.length === 0 && (!planned.complete || state === emptyState)
  const releases = options.keepLeases !== true && planned.leases.length > 0
  const forgets = [...planned.live, ...(planned.texts ?? [])].length > 0
  if (isDone && !releases && !forgets) return planned
  if (releases) await refuseRunning(planned)
  await carryOut(
    planned,
    {
      runner,
      stateDirectory,
      lockHeld: options.lockHeld ?? false,
      // The wishes are forgotten first, because a live host or a watch would bring back what they name. If this process
      // is killed in between, the next destroy goes on.
      lease: async () => {
        for (const live of planned.live) forgetLiveProject(stateDirectory, live)
        return forgetAppliedTexts(stateDirectory, options.project ?? null)
      },
      ...(options.onWait === undefined ? {} : { onWait: options.onWait }),
      ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
    },
    async (memory) => {
      if (planned.complete) {
        await memory.removeCreated(runner)
        await memory.forgetRest()
      }
      // The leases are given up last. If this process is killed before, no other project gets a subnet whose bridge
      // still exists.
      if (releases) {
        await withLeaseStore(options, async (store) => {
          await store?.transact((leases) => releaseProject(leases, options.project ?? null))
        })
      }
      forgetChainedPorts(stateDirectory, options.project ?? null)
    },
  )
  return planned
}

/**
 * Refuses a removal that would give up an address which a macvlan still answers for. Refuses none where this process
 * may not ask the kernel.
 * @throws PortolanError `ENDPOINT_ATTACHED`
 */
export const refuseRunning = async (removal: Removal): Promise<void> => {
  // The kernel answers this through a probe link, and making a link takes the right to change the network.
  if (!mayChangeNetwork()) return
  const links = openLinks()
  try {
    await refuseAttached(removal, links)
  } finally {
    links.close()
  }
}

const restoredNames = ({ changes }: Removal): readonly string[] =>
  changes.flatMap(({ part, operation }) =>
    part === 'sysctl' && operation.kind === 'restore-sysctl' ? [operation.name] : [],
  )

/**
 * Refuses a removal that would restore a sysctl which came into use after the removal was planned. An engine may have
 * started while the user was asked, and may rely on the sysctl by now.
 * @throws StaleStateError
 */
const refuseNewUses = async (removal: Removal, options: DestroyOptions): Promise<void> => {
  const restored = restoredNames(removal)
  if (restored.length === 0) return
  const { kept } = await planDestroy(options)
  const used = kept.find(({ name }) => restored.includes(name))
  if (used === undefined) return
  throw new StaleStateError(
    `The removal would restore ${used.name}, but something that may rely on it appeared after the removal was planned. Nothing was changed`,
    { advice: 'plan again' },
  )
}
