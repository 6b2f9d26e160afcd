import type { Runner } from '@portolan/core'
import { openNetlinkSocket, runsHere } from '@portolan/host'
import * as iptables from '@portolan/iptables'
import { MissingToolError, PermissionError } from '@portolan/netfilter'
import * as nftables from '@portolan/nftables'
import type { Backend } from '../backend/backend.ts'
import { type HostRules, noRules } from './host-rules.ts'
import { type LegacyRules, readLegacyRules, requireLegacyRules } from './read-legacy-rules.ts'

/**
 * Reads what this host has in every backend. A backend that cannot be read is left empty and named in `unread`,
 * unless it is the one in `needed`: then its error is thrown.
 * @internal
 */
export const readRules = async (runner: Runner, needed: Backend | null): Promise<HostRules> => {
  const unread: string[] = []
  const incomplete: Backend[] = []
  const attempt = async <Rules>(
    backend: Backend,
    read: () => Promise<Rules>,
    empty: Rules,
  ): Promise<Rules> => {
    try {
      return await read()
    } catch (error) {
      const tolerable = error instanceof PermissionError || error instanceof MissingToolError
      if (!tolerable || backend === needed) throw error
      incomplete.push(backend)
      // A program that is not there has no rules of ours to read, unless another one left them behind.
      if (error instanceof PermissionError)
        unread.push(`The ${backend} rules could not be read: ${error.message}`)
      return empty
    }
  }
  const [nft, iptablesNft, legacy] = await Promise.all([
    attempt('nftables', () => inspectNftables(runner), noRules.nftables),
    attempt('iptables-nft', () => iptables.inspect(runner, 'iptables-nft'), noRules['iptables-nft']),
    readLegacy(runner, needed),
  ])
  if (legacy.hidden.length + legacy.unread.length > 0) incomplete.push('iptables-legacy')
  return {
    nftables: nft,
    'iptables-nft': iptablesNft,
    'iptables-legacy': legacy.rules,
    unread: [...unread, ...legacy.unread],
    ...(legacy.hidden.length === 0 ? {} : { hidden: legacy.hidden }),
    ...(incomplete.length === 0 ? {} : { incomplete }),
  }
}

const readLegacy = async (runner: Runner, needed: Backend | null): Promise<LegacyRules> =>
  needed === 'iptables-legacy'
    ? { rules: await requireLegacyRules(runner), unread: [], hidden: [] }
    : readLegacyRules(runner)

const inspectNftables = async (runner: Runner): Promise<nftables.Ruleset> => {
  if (!runsHere(runner)) return nftables.inspect(runner)
  const socket = openNetlinkSocket()
  try {
    return await nftables.inspect(runner, { socket })
  } finally {
    socket.close()
  }
}
