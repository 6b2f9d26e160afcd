import type { Runner } from '@portolan/core'
import { createRunner, openConntrack, openLinks, openListeners } from '@portolan/host'
import { PortolanError } from '@portolan/netfilter'
import type { BackendChoice } from '../backend/backend.ts'
import { chooseBackend } from '../backend/choose-backend.ts'
import { refuseElsewhere } from '../backend/refuse-elsewhere.ts'
import { attachToNetwork } from './attach-to-network.ts'
import { inOrder } from './in-order.ts'
import type { LiveHost } from './live-host.ts'
import { LiveRules } from './live-rules.ts'
import { openRuleKeeper } from './open-rule-keeper.ts'
import { publishPort } from './publish-port.ts'
import { unpublishPort } from './unpublish-port.ts'

/**
 * @example
 * const options: OpenHostOptions = { backend: 'nftables', project: 'jobs' }
 * await using host = await openHost(options)
 * host.published // []
 * @public @since 0.1.0
 */
export interface OpenHostOptions {
  /** `auto` unless told. */
  readonly backend?: BackendChoice
  /** The project the mappings belong to; `live` unless told. Not one that is also planned from a file. */
  readonly project?: string
  /** Has to start its programs in the network namespace of this process. */
  readonly runner?: Runner
}

/**
 * Opens this host for a live orchestrator, and takes up the mappings its project has there already.
 *
 * Several may be open at once, in one process or many: what one of them believes to be so is read again before it
 * answers that there is nothing to do, or that something cannot be done.
 *
 * It leases nothing: the caller names every host port and address, so there is nothing to choose. To have them
 * chosen and kept, plan an intent.
 *
 * @throws MissingToolError, PermissionError, InspectError when the host's rules cannot be read
 * @throws PortolanError `RUNNER_ELSEWHERE` when the Runner is of another network namespace than this process
 * @example
 * const intent = readCompose('services: {web: {ports: ["8080:80"]}}', { source: 'compose.yaml', project: 'shop' })
 * await apply(await plan(intent, { backend: 'nftables' }))
 * await using host = await openHost({ backend: 'nftables' })
 * await host.publish({ hostPort: 8081, protocol: 'tcp', to: { address: '172.17.0.10', port: 80 } })
 * @public @since 0.1.0
 */
export const openHost = async (options: OpenHostOptions = {}): Promise<LiveHost> => {
  const runner = options.runner ?? createRunner()
  const project = options.project ?? 'live'
  await refuseElsewhere(runner)
  const backend = await chooseBackend(options.backend ?? 'auto', runner)
  const rules = new LiveRules(project, openRuleKeeper(backend, project, runner))
  const links = openLinks()
  const listeners = openListeners()
  const conntrack = openConntrack()
  const queue = inOrder()
  /** Bridges on which 127.0.0.1 is known to lead to containers. */
  const localnet = new Set<string>()
  let closed = false

  const close = (): Promise<void> =>
    queue(async () => {
      if (closed) return
      closed = true
      links.close()
      listeners.close()
      rules.close()
      await Promise.allSettled(forgetting)
      conntrack.close()
    })

  /** Conntrack entries that are being looked for; what comes meanwhile need not wait for that. */
  const forgetting = new Set<Promise<unknown>>()
  const forget = async (work: Promise<unknown>): Promise<void> => {
    forgetting.add(work)
    try {
      await work
    } finally {
      forgetting.delete(work)
    }
  }
  const whileOpen = <Result>(work: () => Promise<Result>): Promise<Result> =>
    queue(async () => {
      if (closed) throw new PortolanError('CLOSED', 'This host object is closed: open the host again.')
      return work()
    })

  try {
    await rules.refresh()
  } catch (error) {
    await close()
    throw error
  }
  return {
    publish: async (request) => {
      const added = await whileOpen(() => publishPort(project, rules, listeners, localnet, request))
      if (added?.protocol === 'udp') await forget(conntrack.forgetUntranslated([added]))
    },
    unpublish: async (request) => {
      const taken = await whileOpen(() => unpublishPort(rules, request))
      await forget(
        conntrack.forgetFlows(taken.flatMap((port) => port.targets.map((to) => ({ ...port, ...to })))),
      )
    },
    attachPort: (interfaceName, network) =>
      whileOpen(() => attachToNetwork(rules, links, interfaceName, network)),
    get published() {
      return rules.book.own()
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}
