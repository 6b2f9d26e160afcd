import type { TableFamily } from '../../netfilter/index.ts'
import { protocolName } from '../search/finding.ts'
import type { Passage } from './passage.ts'
import { shellWord } from './shell-word.ts'

/** Where a rule goes: in front of the rule with a handle, or the one at a place; or at the end, for a policy. */
export interface NftPlace {
  readonly family: TableFamily
  readonly table: string
  readonly chain: string
  readonly handle: number | null
  /** From 1; null: at the end. */
  readonly before: number | null
  /** Connection tracking has seen the packet when it comes to the chain. */
  readonly isTracked: boolean
}

/** A command that lets packets pass a chain of nftables (nft(8)). */
export const nftCommand = (place: NftPlace, passage: Passage): string => {
  const { family, table, chain, handle, before } = place
  const at = before === null ? 'add rule' : 'insert rule'
  const where = before === null ? '' : handle === null ? ` index ${before - 1}` : ` position ${handle}`
  const text = `${at} ${family} ${table} ${chain}${where} ${matches(place, passage).join(' ')} accept`
  return `nft ${shellWord(text)}`
}

const quoted = (name: string): string => `"${name.replaceAll(/["\\]/g, '')}"`

const matches = ({ family: tableFamily, isTracked }: NftPlace, passage: Passage): readonly string[] => {
  const {
    family,
    in: from,
    out,
    protocol,
    source,
    destination,
    sourcePort,
    destinationPort,
    answers,
  } = passage
  const isMixed = tableFamily === 'inet' || tableFamily === 'netdev' || tableFamily === 'bridge'
  const ports = sourcePort !== null || destinationPort !== null
  return [
    ...(from === null ? [] : [`iifname ${quoted(from)}`]),
    ...(out === null ? [] : [`oifname ${quoted(out)}`]),
    ...(isMixed && source === null && destination !== null
      ? [`meta nfproto ${family === 'ip' ? 'ipv4' : 'ipv6'}`]
      : []),
    ...(source === null ? [] : [`${family} saddr ${source}`]),
    ...(destination === null || destination === 'local' ? [] : [`${family} daddr ${destination}`]),
    ...(protocol !== null && !ports ? [`meta l4proto ${protocolName(protocol)}`] : []),
    ...(protocol === null || sourcePort === null ? [] : [`${protocolName(protocol)} sport ${sourcePort}`]),
    ...(protocol === null || destinationPort === null
      ? []
      : [`${protocolName(protocol)} dport ${destinationPort}`]),
    ...(destination === 'local' ? ['fib daddr type local'] : []),
    ...(answers && isTracked ? ['ct state established,related'] : []),
  ]
}
