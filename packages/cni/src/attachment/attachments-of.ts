import { listLeases } from '@portolan/core'
import { isAttachment } from './endpoint-name.ts'
import type { LeasedHost } from './open-leased.ts'

/** An endpoint that a plugin gave to a container, with its network. */
export interface NamedAttachment {
  readonly network: string
  readonly endpoint: string
}

/**
 * Finds the attachments that plugins made in a project. An address is leased before its endpoint is stored, and
 * released after the endpoint is removed. So a call that was killed in between left only the lease, and perhaps a rule.
 */
export const attachmentsOf = async (
  { host, leases }: LeasedHost,
  project: string,
): Promise<readonly NamedAttachment[]> => {
  const written = host.endpoints().map(({ network, service }) => ({ network, endpoint: service }))
  const leased = listLeases(await leases.read()).flatMap((lease) => {
    if (lease.kind !== 'address' || lease.released !== null) return []
    const { on, holder } = lease
    if (on.project !== project || holder.project !== project) return []
    return [{ network: on.network, endpoint: holder.service }]
  })
  const all = [...written, ...leased].filter(({ endpoint }) => isAttachment(endpoint))
  return [...new Map(all.map((one) => [`${one.network} ${one.endpoint}`, one])).values()]
}
