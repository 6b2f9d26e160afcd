import type { Config, LeaseStore, Runner } from '@portolan/core'
import {
  openClusterMemory,
  openConntrack,
  openLeaseStore,
  openLinks,
  openListeners,
  openMonitor,
  openNamespaces,
  readNetworkFacts,
  readPeers,
  withHostLock,
} from '@portolan/host'
import type { Wording } from '@portolan/netfilter'
import { carryOut } from '../apply/apply-plan.ts'
import type { Backend } from '../backend/backend.ts'
import { planBeside, prepareSearch } from '../plan/plan-intent.ts'
import { openSearchThread } from '../plan/search-thread.ts'
import { readStatus } from '../status/read-status.ts'
import { systemClock } from '../watch/clock.ts'
import { keptNotes } from './left-behind/kept-notes.ts'
import type { LiveMachine } from './live-machine.ts'
import { liveWording } from './live-wording.ts'
import { lostNetworkNotes } from './networks/lost-network-notes.ts'
import { openPlaces } from './rules/open-places.ts'
import { openRuleSource } from './rules/open-rule-source.ts'
import { thisSysctls } from './this-sysctls.ts'
import type { WantedState } from './wanted/wanted-state.ts'

interface ThisMachineOptions {
  readonly project: string
  readonly backend: Backend
  /** See `LiveMachine`. */
  readonly isNamed: boolean
  /** The wanted records; closed with the host. */
  readonly wanted: WantedState
  readonly runner: Runner
  readonly stateDirectory: string
  /** A lease store that is not closed; absent: the one of the state directory. */
  readonly leases?: LeaseStore
  /** See `OpenHostOptions`. */
  readonly lockTimeoutMs?: number
  readonly config?: Config
  readonly wording?: Wording
  /** See `OpenHostOptions`. */
  readonly takesUp?: LiveMachine['takesUp']
}

/** Opens this host, in the network namespace of this process. */
export const openThisMachine = (options: ThisMachineOptions): LiveMachine => {
  const { project, isNamed, wanted, runner, stateDirectory } = options
  let { backend } = options
  const places = openPlaces(project, runner)
  const search = openSearchThread()
  const lock = options.lockTimeoutMs === undefined ? {} : { timeoutMs: options.lockTimeoutMs }
  const leases = options.leases ?? openLeaseStore(stateDirectory)
  const notes = keptNotes(stateDirectory, project, options.leases === undefined ? leases : null)
  const rulesOf = (one: Backend) => openRuleSource(one, runner, stateDirectory, () => notes.look(true))
  let rules = rulesOf(backend)
  const worded = { wording: options.wording ?? liveWording }
  const settled = () => ({
    ...{ backend, runner, leases, stateDirectory },
    ...(options.config === undefined ? {} : { config: options.config }),
    ...worded,
  })
  return {
    ...worded,
    get backend() {
      return backend
    },
    get rules() {
      return rules
    },
    isNamed,
    moveTo: (to) => {
      backend = to
      rules = rulesOf(to)
    },
    wanted,
    leases,
    links: openLinks(),
    namespaces: openNamespaces(runner),
    listeners: openListeners(),
    conntrack: openConntrack(),
    sysctls: thisSysctls,
    clock: systemClock,
    cluster: openClusterMemory(stateDirectory),
    notes,
    readFacts: readNetworkFacts,
    readPeers: (indexes) => readPeers(runner, indexes),
    ...(options.takesUp === undefined ? {} : { takesUp: options.takesUp }),
    withLock: (work) => withHostLock(work, lock),
    elsewhere: () => places.read(backend),
    plan: (intent, beside) => planBeside(intent, settled(), { ...beside, isLive: true }),
    prepareSearch: (intent, live) =>
      prepareSearch(intent, settled(), { live, isLive: true }, search.conflicts),
    carryOut: (plan, writeDown) =>
      carryOut(plan, { runner, stateDirectory, lockHeld: true, lease: writeDown }),
    readStatus: (asked) =>
      readStatus({ project, backend, runner, stateDirectory, leases, ...worded, ...asked }),
    noteLost: (network) => lostNetworkNotes(network, { ...options, ...worded, project, stateDirectory }),
    openMonitor: () => openMonitor({ legacy: { runner } }),
    close: async () => {
      places.close()
      await search.close()
      if (options.leases === undefined) await leases.close()
    },
  }
}
