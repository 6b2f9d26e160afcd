import type { TableFamily } from '../model/index.ts'
import { protocolName } from '../model/index.ts'
import { isNftQuotable, jsonInterface } from './nft-name.ts'
import type { Passage } from './passage.ts'

/** One match in both forms that nft reads; null where a form has no way to write it. */
export interface NftMatch {
  readonly text: string | null
  readonly json: object | null
}

interface Where {
  readonly family: TableFamily
  readonly isTracked: boolean
}

/** The matches of a rule that accepts the packets of a passage (libnftables-json(5)). */
export const nftMatches = (
  { family: tableFamily, isTracked }: Where,
  passage: Passage,
): readonly NftMatch[] => {
  const { family, in: from, out, protocol, source, destination } = passage
  const { sourcePort, destinationPort, answers, translated = false } = passage
  const isMixed = tableFamily === 'inet' || tableFamily === 'netdev' || tableFamily === 'bridge'
  const ports = sourcePort !== null || destinationPort !== null
  return [
    ...(from === null ? [] : [interfaceMatch('iifname', from)]),
    ...(out === null ? [] : [interfaceMatch('oifname', out)]),
    ...(isMixed && source === null && destination !== null
      ? [metaMatch('nfproto', family === 'ip' ? 'ipv4' : 'ipv6')]
      : []),
    ...(source === null ? [] : [headerMatch(family, 'saddr', source, addressValue(source))]),
    ...(destination === null || destination === 'local'
      ? []
      : [headerMatch(family, 'daddr', destination, addressValue(destination))]),
    ...(protocol !== null && !ports ? [metaMatch('l4proto', protocolName(protocol))] : []),
    ...(protocol === null || sourcePort === null ? [] : [portMatch(protocol, 'sport', sourcePort)]),
    ...(protocol === null || destinationPort === null ? [] : [portMatch(protocol, 'dport', destinationPort)]),
    ...(destination === 'local' ? [isLocal] : []),
    ...(answers && isTracked ? [isAnswer] : []),
    ...(translated && isTracked ? [isTranslated] : []),
  ]
}

const match = (left: object, right: unknown, op: '==' | 'in' = '=='): object => ({
  match: { op, left, right },
})

const interfaceMatch = (key: 'iifname' | 'oifname', name: string): NftMatch => {
  const value = jsonInterface(name)
  return {
    text: isNftQuotable(name) ? `${key} "${name}"` : null,
    json: value === null ? null : match({ meta: { key } }, value),
  }
}

const metaMatch = (key: 'nfproto' | 'l4proto', value: string): NftMatch => ({
  text: `meta ${key} ${value}`,
  json: match({ meta: { key } }, /^\d+$/.test(value) ? Number(value) : value),
})

const headerMatch = (protocol: string, field: string, text: string, value: unknown): NftMatch => ({
  text: `${protocol} ${field} ${text}`,
  json: match({ payload: { protocol, field } }, value),
})

const portMatch = (protocol: number, field: 'sport' | 'dport', port: number): NftMatch =>
  headerMatch(protocolName(protocol), field, String(port), port)

const addressValue = (text: string): unknown => {
  const [addr, len] = text.split('/')
  return len === undefined ? addr : { prefix: { addr, len: Number(len) } }
}

const isLocal: NftMatch = {
  text: 'fib daddr type local',
  json: match({ fib: { result: 'type', flags: ['daddr'] } }, 'local'),
}

const isAnswer: NftMatch = {
  text: 'ct state established,related',
  json: match({ ct: { key: 'state' } }, ['established', 'related'], 'in'),
}

const isTranslated: NftMatch = {
  text: 'ct status dnat',
  json: match({ ct: { key: 'status' } }, 'dnat', 'in'),
}
