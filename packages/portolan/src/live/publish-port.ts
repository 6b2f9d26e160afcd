import type { DesiredMapping } from '@portolan/core'
import { type Listeners, readSysctl, writeSysctl } from '@portolan/host'
import { linkSysctlName } from '@portolan/netfilter/sysctls'
import type { PublishRequest } from './live-host.ts'
import type { LiveRules } from './live-rules.ts'
import { requestedMapping } from './publish-request.ts'
import { refuseListener } from './refuse-listener.ts'
import { targetBridge } from './refuse-place.ts'
import { socketKey } from './socket-key.ts'

/**
 * Publishes a port.
 *
 * @param localnet - the bridges on which 127.0.0.1 is known to lead to containers; one more may be added
 * @returns the mapping when it was added, null when it was found there
 */
export const publishPort = async (
  project: string,
  rules: LiveRules,
  listeners: Listeners,
  localnet: Set<string>,
  request: PublishRequest,
): Promise<DesiredMapping | null> => {
  const wanted = requestedMapping(request)
  const force = request.force ?? false
  const { book } = rules
  let added = false
  if (await rules.isMissingForSure(wanted, force)) {
    if (!force) await refuseListener(project, wanted, listeners)
    added = await rules.quickly('add', wanted, () => !book.holds(wanted))
    if (!added)
      await rules.slowly(() => {
        if (!rules.isMissing(wanted, force)) return null
        added = !book.holds(wanted)
        const isAnother = (mapping: DesiredMapping) => socketKey(mapping) !== socketKey(wanted)
        return [...rules.toKeep().filter(isAnother), wanted]
      })
  }
  book.publish(wanted)
  const bridge = targetBridge(wanted, rules.bridges)
  if (answersOnLoopback(wanted) && !localnet.has(bridge.name)) {
    const sysctl = linkSysctlName('ipv4', bridge.name, 'route_localnet')
    if (readSysctl(sysctl) === '0') writeSysctl(sysctl, '1')
    localnet.add(bridge.name)
  }
  return added ? wanted : null
}

const answersOnLoopback = ({ family, hostAddress }: DesiredMapping): boolean =>
  family === 'ip' && (hostAddress === null || hostAddress.startsWith('127.'))
