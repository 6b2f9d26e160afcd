import type { HostAccess, RuleReading } from '@portolan/core'
import { families } from '@portolan/netfilter'
import type { Backend } from '../backend/backend.ts'
import type { RulesOf } from '../backend/dialects.ts'
import type { HostRules } from './host-rules.ts'

type ReadOne = <One extends Backend>(
  backend: One,
  elsewhere: NonNullable<HostAccess['elsewhere']>,
) => Promise<RuleReading<RulesOf<One>>>

const nowhere = async (): Promise<readonly never[]> => []

/**
 * Reads the rules of a host in every backend at the same time.
 * @param read - reads the rules of one backend; `elsewhere` gives the tables that another backend reads
 * @internal
 */
export const readEach = async (read: ReadOne): Promise<HostRules> => {
  const saved = read('iptables-nft', nowhere)
  const [nftables, nft, legacy] = await Promise.all([
    read('nftables', async () => (await saved).rules.tables),
    saved,
    read('iptables-legacy', nowhere),
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
