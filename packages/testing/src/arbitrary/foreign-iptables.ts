import type { Family } from '@portolan/netfilter'
import { socketText } from '@portolan/netfilter/text'
import type { ForeignEffect, ForeignFirewall } from './foreign-firewall.ts'

const builtIn: Readonly<Record<string, readonly string[]>> = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
}

/** A firewall as iptables-save prints it, or ip6tables-save for IPv6. */
export const iptablesText = ({ family, closed, effects }: ForeignFirewall): string => {
  const placed = effects.map((effect) => ({ table: tableOf(effect), line: lineOf(family, effect) }))
  return Object.entries(builtIn)
    .map(([table, chains]) => {
      const lines = placed.flatMap((one) => (one.table === table ? [one.line] : []))
      const isClosed = closed && table === 'filter'
      if (lines.length === 0 && !isClosed) return ''
      return [
        `*${table}`,
        ...chains.map((chain) => `:${chain} ${isClosed && chain === 'FORWARD' ? 'DROP' : 'ACCEPT'} [0:0]`),
        ...(isClosed ? ['-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT'] : []),
        ...lines,
        'COMMIT',
        '',
      ].join('\n')
    })
    .join('')
}

const tableOf = ({ kind, stage }: ForeignEffect): string => {
  if (kind === 'dnat' || kind === 'masquerade') return 'nat'
  if (kind === 'notrack') return 'raw'
  return stage === 'forward' ? 'filter' : 'mangle'
}

const rejectOf: Readonly<Record<Family, string>> = {
  ip: 'REJECT --reject-with icmp-port-unreachable',
  ip6: 'REJECT --reject-with icmp6-port-unreachable',
}

const targetsOf: Readonly<Record<Exclude<ForeignEffect['kind'], 'reject'>, string>> = {
  drop: 'DROP',
  accept: 'ACCEPT',
  dnat: 'DNAT',
  masquerade: 'MASQUERADE',
  notrack: 'CT --notrack',
}

const lineOf = (
  family: Family,
  { kind, stage, source, in: name, protocol, port, to }: ForeignEffect,
): string =>
  [
    `-A ${stage.toUpperCase()}`,
    ...(source === null
      ? []
      : [`-s ${source.includes('/') ? source : `${source}/${family === 'ip' ? 32 : 128}`}`]),
    ...(name === null ? [] : [`-i ${name}`]),
    ...(protocol === null ? [] : [`-p ${protocol}`]),
    ...(protocol === null || port === null ? [] : [`-m ${protocol} --dport ${port}`]),
    `-j ${kind === 'reject' ? rejectOf[family] : targetsOf[kind]}`,
    ...(to === null ? [] : [`--to-destination ${socketText(to.address, to.port)}`]),
  ].join(' ')
