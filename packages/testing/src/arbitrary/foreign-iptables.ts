import type { ForeignEffect, ForeignFirewall } from './foreign-firewall.ts'

const builtIn: Readonly<Record<string, readonly string[]>> = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
}

/** What iptables-save prints of a firewall. */
export const iptablesText = ({ closed, effects }: ForeignFirewall): string => {
  const placed = effects.map((effect) => ({ table: tableOf(effect), line: lineOf(effect) }))
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

const targetsOf: Readonly<Record<ForeignEffect['kind'], string>> = {
  drop: 'DROP',
  reject: 'REJECT --reject-with icmp-port-unreachable',
  accept: 'ACCEPT',
  dnat: 'DNAT',
  masquerade: 'MASQUERADE',
  notrack: 'CT --notrack',
}

const lineOf = ({ kind, stage, source, in: name, protocol, port, to }: ForeignEffect): string =>
  [
    `-A ${stage.toUpperCase()}`,
    ...(source === null ? [] : [`-s ${source.includes('/') ? source : `${source}/32`}`]),
    ...(name === null ? [] : [`-i ${name}`]),
    ...(protocol === null ? [] : [`-p ${protocol}`]),
    ...(protocol === null || port === null ? [] : [`-m ${protocol} --dport ${port}`]),
    `-j ${targetsOf[kind]}`,
    ...(to === null ? [] : [`--to-destination ${to.address}:${to.port}`]),
  ].join(' ')
