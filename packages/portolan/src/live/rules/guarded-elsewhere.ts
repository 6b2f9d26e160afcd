import type { NetlinkSocket, OwnedNetwork, Runner } from '@portolan/core'
import type { Backend } from '../../backend/backend.ts'
import { tableNames } from '../../backend/dialects.ts'
import { readRules } from '../../host-rules/read-rules.ts'
import { notGuardedElsewhere } from './not-guarded-elsewhere.ts'

/**
 * The networks whose rules belong in one backend. Networks that another backend guards are left out, because their
 * projects were applied with that backend.
 *
 * @param guarded - the bridges for which this backend has rules
 * @internal
 */
export const networksToGuard = async (
  backend: Backend,
  networks: readonly OwnedNetwork[],
  guarded: readonly string[],
  runner: Runner,
  socket: NetlinkSocket | null,
): Promise<readonly OwnedNetwork[]> => {
  if (networks.every(({ network }) => guarded.includes(network.bridge))) return networks
  const without: readonly Backend[] = (await hasIptables(socket)) ? [backend] : [backend, 'iptables-nft']
  return notGuardedElsewhere(backend, networks, guarded, await readRules(runner, null, { without }))
}

/** Tells whether nf_tables may hold rules of iptables. Asking the iptables programs would take longer than a repair. */
export const hasIptables = async (socket: NetlinkSocket | null): Promise<boolean> => {
  const names = socket === null ? null : await tableNames(socket)
  return names === null || names.some(({ family, name }) => family !== 'inet' && iptablesTables.has(name))
}

const iptablesTables: ReadonlySet<string> = new Set(['filter', 'nat', 'mangle', 'raw', 'security'])
