import { listLeases } from '@portolan/core'
import { isAttachment } from '../verb/endpoint-name.ts'
import type { LeasedHost } from './open-leased.ts'

/** An endpoint that a plugin gave a container, by its name. */
export interface NamedAttachment {
  readonly network: string
  readonly endpoint: string
}

/**
 * What plugins attached of a project. An address is leased before its endpoint is written down, and given up after that is
 * struck out: a call that was killed in between left the lease alone, and maybe a rule.
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
