import { type Config, checkProject, type LeaseStore, type Runner } from '@portolan/core'
import { createRunner, defaultStateDirectory } from '@portolan/host'
import type { Wording } from '@portolan/netfilter'
import type { OptionKinds, ValueKind } from '@portolan/netfilter/schema'
import { checkOptions, wordingValue } from '@portolan/netfilter/schema'
import {
  backendValue,
  configValue,
  folderValue,
  leaseStoreValue,
  projectValue,
  runnerValue,
} from '../arguments/value-kinds.ts'
import type { BackendChoice } from '../backend/backend.ts'
import { refuseElsewhere } from '../backend/refuse-elsewhere.ts'
import type { HeldProject } from '../watch/held-project.ts'
import type { LeftNetwork } from './left-behind/left-network.ts'
import type { LiveHost } from './live-host.ts'
import { liveWording, throwIn } from './live-wording.ts'
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
  /**
   * The backend. `auto` (the default) is the one that was last named for the project, or else one that the host has.
   */
  readonly backend?: BackendChoice
  /**
   * The project that networks, leases and ports belong to; default: `live`. A project planned from a file is refused.
   */
  readonly project?: string
  /** The folder of wanted records, leases and earlier sysctl values; default for root: `/var/lib/portolan`. */
  readonly state?: string
  /** A lease store of your own in place of the one in `state`; it is not closed. */
  readonly leases?: LeaseStore
  /** Runs programs. It must start them in the network namespace of this process. */
  readonly runner?: Runner
  /** The config of the host, as `readConfig` gives it: pools, reserved and allowed ranges. No default. */
  readonly config?: Config
  /** The words of messages for what the user may change; default: options and calls of the library. */
  readonly wording?: Wording
  /** How long a change waits while another program changes this host's network, in milliseconds; default: 60,000. */
  readonly lockTimeoutMs?: number
  /**
   * Tells which bridges of the project are taken up when the project has no record, for example after a loss of the
   * state directory. Meant for a program whose project no plan ever has. The records are written again: the addresses
   * of bridges and attached endpoints, and the ports in force that lead to them. A port to an ended container is left
   * out. So is a port for some clients only (`allowFrom`), because the rules do not tell which clients. Such ports go
   * with the next change. A project with leases in this directory belongs to a plan, and is refused all the same. No
   * default.
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
 * Opens this host for a live orchestrator, with what was wanted of the project before: its networks, leases and ports.
 * What of it is not in force is restored by the next call that changes something. Rules in another backend move to this
 * one at once: in both they would apply twice.
 *
 * Several hosts may be open at once, in one process or many. All of them use the backend that was named last, even
 * those that were open before. Before one answers that there is nothing to do, or that something is impossible, it
 * reads again what it knows.
 *
 * @throws MissingToolError, PermissionError, InspectError when the host's rules cannot be read
 * @throws PortolanError `RUNNER_ELSEWHERE` when the Runner is of another network namespace than this process, `STATE`
 * when the records cannot be read
 * @throws InvalidRequestError for an unknown or wrong option, for an invalid name of a project, and for a project that
 * was made by a plan, or by a live host with another state directory
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
 * Opens this host as `openHost` does, with an observed project.
 * @param observe - returns the project to watch in place of the real one, for example one that records its calls
 * @internal
 */
export const openObservedHost = async (
  options: OpenHostOptions,
  observe: (held: HeldProject) => HeldProject,
): Promise<LiveHost> => {
  checkOptions<OpenHostOptions>(options, openHostKinds, 'the options of openHost')
  return openChecked(options, observe).catch(throwIn(options.wording ?? liveWording))
}

const openChecked = async (
  options: OpenHostOptions,
  observe: (held: HeldProject) => HeldProject,
): Promise<LiveHost> => {
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
