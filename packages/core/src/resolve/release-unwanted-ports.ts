import type { Intent } from '../intent/index.ts'
import { leaseKey, portHolderKey } from '../lease/lease-key.ts'
import { releaseLeaseIn } from '../lease/release.ts'
import type { LeaseDraft } from './lease-draft.ts'
import { portHolder } from './port-holder.ts'

/**
 * Releases the host ports that plans chose for mappings which are gone, or name a port now.
 * @internal
 */
export const releaseUnwantedPorts = (intent: Intent, leases: LeaseDraft): void => {
  const wanted = new Set<string>()
  for (const mapping of intent.mappings) {
    if (mapping.hostPorts !== null) continue
    const { first, last } = mapping.containerPorts
    for (let port = first; port <= last; port += 1)
      wanted.add(portHolderKey(mapping.protocol, portHolder(intent.project, mapping, port)))
  }
  for (const lease of leases.book.under('port/')) {
    if (lease.kind !== 'port' || lease.holder.project !== intent.project || lease.planned !== true) continue
    if (wanted.has(portHolderKey(lease.protocol, lease.holder))) continue
    releaseLeaseIn(leases.book, leaseKey(lease))
  }
}
