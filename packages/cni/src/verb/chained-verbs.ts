import { withHostLock } from '@portolan/host'
import { apply, destroy, plan } from 'portolan'
import { chainedAddresses, chainedIntent, chainedProject, projectOf } from '../chain/behind-bridge.ts'
import { ledgerOf } from '../chain/ledger.ts'
import type { NetworkConfig } from '../config/network-config.ts'
import { publishedPorts } from '../config/published-ports.ts'
import type { CniRequest } from '../request/cni-request.ts'
import type { CniResult } from '../result/cni-result.ts'
import { blockedBy } from './blocked-by.ts'
import { lockTimeoutMs } from './open-project.ts'
import { wording } from './wording.ts'

const planned = async (request: CniRequest, config: NetworkConfig, result: CniResult) => {
  const { backend = 'auto', stateDir } = config
  return plan(await chainedIntent(request, config, result), {
    backend,
    wording,
    ...(stateDir === undefined ? {} : { stateDirectory: stateDir }),
  })
}

/**
 * Publishes the ports of a container that is attached already, all or none, and returns the result of the plugin
 * before.
 */
export const chainedAdd = async (
  request: CniRequest,
  config: NetworkConfig,
  result: CniResult,
  warn: (text: string) => void,
): Promise<CniResult> => {
  if (publishedPorts(config).length === 0) return result
  const project = chainedProject(request, config)
  await underHostLock(async () => {
    const [ledger, addresses] = [ledgerOf(config), chainedAddresses(request, result)]
    // The plugin before has given an ended container's address to a new one. The old container ended without a DEL, as
    // in a crash of the host.
    for (const ended of ledger.holders(addresses)) if (ended !== project) await takeBack(ended, config)
    const p = await planned(request, config, result)
    blockedBy(
      p.conflicts.filter(({ severity }) => severity === 'error'),
      config,
      warn,
    )
    ledger.add(project, addresses)
    try {
      await apply(p, options(config))
    } catch (error) {
      await takeBack(project, config)
      throw error
    }
  })
  return result
}

/** Removes the ports of a project in the ledger. */
export const chainedDel = (project: string, config: NetworkConfig): Promise<void> =>
  underHostLock(() => takeBack(project, config))

const takeBack = async (project: string, config: NetworkConfig): Promise<void> => {
  await destroy({ project, ...options(config) })
  ledgerOf(config).remove(project)
}

/**
 * Plans and applies under the host lock. Of fifty containers that start at once, each plan would otherwise be out of
 * date when its turn comes.
 */
const underHostLock = <T>(work: () => Promise<T>): Promise<T> =>
  withHostLock(work, { timeoutMs: lockTimeoutMs })

/** The missing or different parts of a container's ports, each as part of a sentence. */
export const chainedFaults = async (
  request: CniRequest,
  config: NetworkConfig,
  result: CniResult,
): Promise<readonly string[]> => {
  if (publishedPorts(config).length === 0) return []
  const { changes } = await planned(request, config, result)
  return changes.map(({ description }) => `not as ADD made it: ${description.replace(/\.$/, '')}`)
}

/** Removes the ports of every attachment that the runtime does not name. */
export const chainedGc = async (config: NetworkConfig): Promise<readonly unknown[]> => {
  const valid = new Set(
    (config['cni.dev/valid-attachments'] ?? []).map(({ containerID, ifname }) =>
      projectOf(config.name, containerID, ifname),
    ),
  )
  const failures: unknown[] = []
  for (const project of ledgerOf(config).projects()) {
    if (valid.has(project)) continue
    try {
      await chainedDel(project, config)
    } catch (error) {
      failures.push(error)
    }
  }
  return failures
}

const options = ({ stateDir }: NetworkConfig) => ({
  lockHeld: true,
  ...(stateDir === undefined ? {} : { stateDirectory: stateDir }),
})
