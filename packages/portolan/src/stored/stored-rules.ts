import type { Family } from '@portolan/netfilter'
import type { Backend } from '../backend/backend.ts'
import { dialects, type StoredOf } from '../backend/dialects.ts'
import type { HostRules } from '../host-rules/host-rules.ts'

/**
 * The rules of a host as the text of each tool: nft's JSON, and a text of iptables-save for each table. The readers of
 * both dialects check the texts, and read the same rules from them.
 */
export interface StoredRules {
  readonly nftables: StoredOf<'nftables'>['text']
  readonly programs: StoredOf<'nftables'>['programs']
  readonly 'iptables-nft': StoredOf<'iptables-nft'>
  readonly 'iptables-legacy': StoredOf<'iptables-legacy'>
  readonly unread: readonly string[]
  readonly hidden?: readonly Family[]
  readonly incomplete?: readonly Backend[]
}

/** @internal */
export const storeRules = ({ unread, hidden, incomplete, ...rules }: HostRules): StoredRules => {
  const { text, programs } = dialects.nftables.store(rules.nftables)
  // The keys have one order, however the rules were put together. So a stored plan that is read and stored again is the
  // same text.
  return {
    nftables: text,
    programs,
    'iptables-nft': dialects['iptables-nft'].store(rules['iptables-nft']),
    'iptables-legacy': dialects['iptables-legacy'].store(rules['iptables-legacy']),
    unread,
    ...(hidden === undefined ? {} : { hidden }),
    ...(incomplete === undefined ? {} : { incomplete }),
  }
}

/**
 * @throws ParseError naming the place, for a text that is not of its tool
 * @internal
 */
export const readStoredRules = ({ programs, nftables: text, ...rules }: StoredRules): HostRules => ({
  ...rules,
  nftables: dialects.nftables.restore({ text, programs }, 'stored.rules.nftables'),
  'iptables-nft': dialects['iptables-nft'].restore(rules['iptables-nft'], 'stored.rules.iptables-nft'),
  'iptables-legacy': dialects['iptables-legacy'].restore(
    rules['iptables-legacy'],
    'stored.rules.iptables-legacy',
  ),
})
