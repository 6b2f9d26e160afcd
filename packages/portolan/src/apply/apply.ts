import type { Runner } from '@portolan/core'
import {
  createRunner,
  defaultStateDirectory,
  type HostLockOptions,
  mayChangeNetwork,
  openLinks,
} from '@portolan/host'
import { checkOptions, flagValue, functionValue, type OptionKinds } from '@portolan/netfilter/schema'
import { checkPlanValue, runnerValue } from '../arguments/value-kinds.ts'
import { giveLeasesBack, takeLeasesOf } from '../leases/take-leases.ts'
import { type LeaseOptions, leaseKinds, withLeaseStore } from '../leases/with-lease-store.ts'
import type { Plan } from '../plan/plan.ts'
import { carryOut } from './apply-plan.ts'
import { refuseLeftBehind } from './refuse-left-behind.ts'

/**
 * @example
 * const intent = readCompose('services: {web: {ports: ["8080:80"]}}', { source: 'compose.yaml', project: 'shop' })
 * const options: ApplyOptions = { onProgress: (sentence) => console.log(sentence), leases: null }
 * await apply(await plan(intent, { backend: 'nftables', leases: null }), options)
 * @public @since 0.1.0
 */
export interface ApplyOptions extends LeaseOptions {
  readonly runner?: Runner
  /** Called when another apply holds the host's lock and this one waits. */
  readonly onWait?: HostLockOptions['onWait']
  readonly onProgress?: (sentence: string) => void
  /** The caller holds the host's lock (`withHostLock`) and made the plan under it. */
  readonly lockHeld?: boolean
}

/** @internal */
export const applyKinds: OptionKinds<ApplyOptions> = {
  ...leaseKinds,
  runner: runnerValue,
  onWait: functionValue,
  onProgress: functionValue,
  lockHeld: flagValue,
}

/**
 * Carries out a plan. Each part of the host changes atomically: one nftables transaction, one iptables restore per
 * family. After a kill at any instant, the next plan goes on from there. The leases of the plan are taken first. They
 * are given back when apply fails before any managed state has changed. A plan without changes only updates the leases.
 *
 * @throws InvalidRequestError for a wrong argument or an unknown option
 * @throws StaleStateError when managed state, or a lease of the plan, changed after the plan was made: plan again
 * @throws ApplyError when the kernel refuses; holds the kernel's message and the changes already applied
 * @throws PermissionError naming the missing capability
 * @throws PortolanError `ENDPOINT_ATTACHED` when a container still has a macvlan or ipvlan on a network that the plan
 *   removes or puts on another parent
 * @example
 * const intent = readCompose('services: {web: {ports: ["8080:80"]}}', { source: 'compose.yaml', project: 'shop' })
 * await apply(await plan(intent, { backend: 'nftables' }))
 * @public @since 0.1.0
 */
export const apply = async (plan: Plan, options: ApplyOptions = {}): Promise<void> => {
  checkPlanValue(plan)
  checkOptions<ApplyOptions>(options, applyKinds, 'the options of apply')
  const { leases } = plan
  if (plan.changes.length === 0 && (leases === null || leases.changes.length === 0)) return
  await refuseLeavingBehind(plan, options)
  await carryOut(plan, {
    runner: options.runner ?? createRunner(),
    stateDirectory: options.stateDirectory ?? defaultStateDirectory(),
    lockHeld: options.lockHeld ?? false,
    lease: () => takeLeases(leases, options),
    ...(options.onWait === undefined ? {} : { onWait: options.onWait }),
    ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
  })
}

/**
 * Refuses a plan that leaves an interface of a container behind. The host does not list interfaces of other namespaces.
 * Only the kernel knows them, and it answers only a process that may ask.
 */
const refuseLeavingBehind = async (plan: Plan, options: LeaseOptions): Promise<void> => {
  if (!mayChangeNetwork()) return
  const state = await withLeaseStore(options, async (store) => store?.read())
  if (state === undefined) return
  const links = openLinks()
  try {
    await refuseLeftBehind(plan, state, links)
  } finally {
    links.close()
  }
}

/**
 * Takes the leases of a plan in the store that the options name.
 *
 * @returns a function that gives the leases back
 * @throws StaleStateError when a lease is no longer available
 */
const takeLeases = async (leases: Plan['leases'], options: LeaseOptions): Promise<() => Promise<void>> => {
  const done = await withLeaseStore(options, (store) => takeLeasesOf(store, leases))
  return () => withLeaseStore(options, async (store) => giveLeasesBack(store, done))
}
