import type { RuleReading } from '@portolan/core'
import { families } from '@portolan/netfilter'
import type { Backend } from '../backend/backend.ts'
import type { RulesOf } from '../backend/dialects.ts'
import type { HostRules } from './host-rules.ts'

/**
 * The rules of a host in every backend, read all at once.
 * @internal
 */
export const readEach = async (
  read: <One extends Backend>(backend: One) => Promise<RuleReading<RulesOf<One>>>,
): Promise<HostRules> => {
  const [nftables, nft, legacy] = await Promise.all([
    read('nftables'),
    read('iptables-nft'),
    read('iptables-legacy'),
  ])
  const readings: readonly RuleReading<unknown>[] = [nftables, nft, legacy]
  const hidden = families.filter((family) => readings.some((reading) => reading.hidden.includes(family)))
  return {
    nftables: nftables.rules,
    'iptables-nft': nft.rules,
    'iptables-legacy': legacy.rules,
    unread: readings.flatMap(({ unread }) => unread),
    ...(hidden.length === 0 ? {} : { hidden }),
  }
}
