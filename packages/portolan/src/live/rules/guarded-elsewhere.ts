import type { NetlinkSocket, OwnedNetwork, Runner } from '@portolan/core'
import type { Backend } from '../../backend/backend.ts'
import { tableNames } from '../../backend/dialects.ts'
import { readRules } from '../../host-rules/read-rules.ts'
import { notGuardedElsewhere } from './not-guarded-elsewhere.ts'

/**
 * The networks whose rules have to be in one backend: not those that another backend guards, as their projects were
 * applied with that one.
 *
 * @param guarded - the bridges that this backend has something for
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

/** May nf_tables have rules of iptables? Its programs take longer to tell than a repair does. */
export const hasIptables = async (socket: NetlinkSocket | null): Promise<boolean> => {
  const names = socket === null ? null : await tableNames(socket)
  return names === null || names.some(({ family, name }) => family !== 'inet' && iptablesTables.has(name))
}

const iptablesTables: ReadonlySet<string> = new Set(['filter', 'nat', 'mangle', 'raw', 'security'])
