import type { Runner } from '@portolan/core'
import * as iptables from '@portolan/iptables'
import { families, InspectError, MissingToolError, ParseError } from '@portolan/netfilter'
import * as nftables from '@portolan/nftables'
import { type HostRules, noRules } from './host-rules.ts'
import { type LegacyRules, readLegacyRules } from './read-legacy-rules.ts'

/**
 * Reads every rule of this host in every backend, foreign tables included: what a packet's way is made of. What
 * cannot be read is named in `unread`.
 *
 * @throws PermissionError: a way told without the rules on it would be a wrong one
 * @internal
 */
export const readAllRules = async (runner: Runner): Promise<HostRules> => {
  const unread: string[] = []
  let isCut = false
  const attempt = async <Rules>(what: string, read: () => Promise<Rules>, empty: Rules): Promise<Rules> => {
    try {
      return await read()
    } catch (error) {
      if (error instanceof MissingToolError)
        unread.push(`${what} rules, if there are any, were not read: ${error.message}`)
      else if (error instanceof InspectError || error instanceof ParseError) {
        unread.push(`${what} rules could not be read: ${error.message}`)
        isCut = true
      } else throw error
      return empty
    }
  }
  const noLegacy: LegacyRules = { rules: noRules['iptables-legacy'], unread: [], hidden: families }
  const [nft, iptablesNft, legacy] = await Promise.all([
    attempt('nftables', () => nftables.inspectAll(runner), { ruleset: noRules.nftables, unread: [] }),
    attempt('iptables-nft', () => iptables.inspect(runner, 'iptables-nft'), noRules['iptables-nft']),
    attempt('iptables-legacy', () => readLegacyRules(runner), noLegacy),
  ])
  // A table of nft's that could not be read may be of either family.
  const hidden = nft.unread.length > 0 || isCut ? families : legacy.hidden
  return {
    nftables: nft.ruleset,
    'iptables-nft': iptablesNft,
    'iptables-legacy': legacy.rules,
    unread: [...unread, ...nft.unread, ...legacy.unread],
    ...(hidden.length === 0 ? {} : { hidden }),
  }
}
