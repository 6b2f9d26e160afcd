import { type Config, checkProject, type LeaseStore, type Runner } from '@portolan/core'
import { createRunner, defaultStateDirectory } from '@portolan/host'
import type { Wording } from '@portolan/netfilter'
import type { OptionKinds, ValueKind } from '@portolan/netfilter/schema'
import { checkOptions } from '@portolan/netfilter/schema'
import {
  backendValue,
  configValue,
  folderValue,
  leaseStoreValue,
  projectValue,
  runnerValue,
  wordingValue,
} from '../arguments/value-kinds.ts'
import type { BackendChoice } from '../backend/backend.ts'
import { refuseElsewhere } from '../backend/refuse-elsewhere.ts'
import type { HeldProject } from '../watch/held-project.ts'
import type { LeftNetwork } from './left-behind/left-network.ts'
import type { LiveHost } from './live-host.ts'
import { openObservedHostOn } from './open-host-on.ts'
import { openThisMachine } from './open-this-machine.ts'
import { settleBackend } from './settle-backend.ts'
import { openWantedState } from './wanted/open-wanted-state.ts'

/**
 * @example
 * const options: OpenHostOptions = { backend: 'nftables', project: 'jobs' }
 * await using host = await openHost(options)
 * host.published() // []
 * @public @since 0.1.0
 */
export interface OpenHostOptions {
  /** `auto` unless told: the one that was named for the project last, or else what the host has. */
  readonly backend?: BackendChoice
  /** The project that networks, leases and ports belong to; `live` unless told. Not one that is also planned from a file. */
  readonly project?: string
  /** The folder of what is wanted, of leases and of old sysctl values: `/var/lib/portolan` for root, unless told. */
  readonly state?: string
  /** A lease store of your own in place of the one in `state`; it is not closed. */
  readonly leases?: LeaseStore
  /** Has to start its programs in the network namespace of this process. */
  readonly runner?: Runner
  /** What is settled once for all, of `readConfig`: pools, reserved and allowed ranges. None unless told. */
  readonly config?: Config
  /** How messages name what the user may change; as the command does unless told. */
  readonly wording?: Wording
  /** For how long a change waits while another program changes this host's network, in milliseconds; 60,000 unless told. */
  readonly lockTimeoutMs?: number
  /**
   * For a program whose project no plan ever has: which of its bridges it takes up where nothing is written down of the
   * project, as after the loss of the state directory. What is on them is written down anew: their addresses, what is
   * attached with its addresses, and the ports that are in force and lead to it. One that leads to what has ended, or that
   * is for some clients only (`allowFrom`), as which clients is not told, is left out: it goes with the next change. A project that has leases in this directory is a plan's, and refused all the same. None unless told.
   */
  readonly takesUp?: (left: LeftNetwork) => boolean
}

const durationValue: ValueKind = {
  expected: 'a number of milliseconds',
  holds: (value) => typeof value === 'number' && value >= 0,
}

const functionValue: ValueKind = {
  expected: 'a function of { network, endpoints }',
  holds: (value) => typeof value === 'function',
}

const openHostKinds: OptionKinds<OpenHostOptions> = {
  backend: backendValue,
  project: projectValue,
  state: folderValue,
  leases: leaseStoreValue,
  runner: runnerValue,
  lockTimeoutMs: durationValue,
  config: configValue,
  wording: wordingValue,
  takesUp: functionValue,
}

/**
 * Opens this host for a live orchestrator, and takes up what was wanted of the project before: its networks, leases and
 * ports. What of it is not in force is brought back with the next call that changes something. If its rules are in
 * another backend, they are moved to this one at once: in both they would count twice.
 *
 * Several may be open at once, in one process or many. They all go by the backend that was named last, those that are open
 * already too: what one of them believes to be so is read again before it
 * answers that there is nothing to do, or that something cannot be done.
 *
 * @throws MissingToolError, PermissionError, InspectError when the host's rules cannot be read
 * @throws PortolanError `RUNNER_ELSEWHERE` when the Runner is of another network namespace than this process, `STATE`
 * when what was written down cannot be read
 * @throws InvalidRequestError for an option that is none, for what cannot name a project, and for one that was made by a plan, or by a live host with
 * another state directory
 * @example
 * await using host = await openHost({ backend: 'nftables', project: 'shop' })
 * await host.ensureNetwork('web', { pool: 'classic' })
 * const lease = await host.lease('web', 'web-1')
 * await host.publish([{ hostPort: 8080, to: { endpoint: 'web-1', port: 80 }, allowFrom: ['198.51.100.0/24'] }])
 * lease.ip // '172.17.0.1'
 * @public @since 0.1.0
 */
export const openHost = (options: OpenHostOptions = {}): Promise<LiveHost> =>
  openObservedHost(options, (held) => held)

/**
 * As `openHost`.
 * @param observe - what is watched in place of the project, such as one that takes notes of what is done with it
 * @internal
 */
export const openObservedHost = async (
  options: OpenHostOptions,
  observe: (held: HeldProject) => HeldProject,
): Promise<LiveHost> => {
  checkOptions<OpenHostOptions>(options, openHostKinds, 'the options of openHost')
  const runner = options.runner ?? createRunner()
  const project = options.project ?? 'live'
  const stateDirectory = options.state ?? defaultStateDirectory()
  checkProject(project)
  await refuseElsewhere(runner)
  const wanted = openWantedState(stateDirectory, project)
  const backend = await settleBackend(options.backend ?? 'auto', wanted, runner)
  const machine = openThisMachine({
    ...{ ...options, project, backend, wanted, runner, stateDirectory },
    isNamed: (options.backend ?? 'auto') !== 'auto',
  })
  return openObservedHostOn(project, machine, observe)
}
