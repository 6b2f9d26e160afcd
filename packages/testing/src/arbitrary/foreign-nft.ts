import type { Family } from '@portolan/netfilter'
import { socketText } from '@portolan/netfilter/text'
import type { ForeignEffect, ForeignFirewall } from './foreign-firewall.ts'

/** A firewall as nft prints it. */
export const nftText = ({ family, closed, effects }: ForeignFirewall): string =>
  [
    `table ${family} firewall {`,
    ...chains.flatMap(({ name, base, holds }) => {
      const lines = effects.filter(holds).map((effect) => lineOf(family, effect))
      const isClosed = closed && name === 'forward'
      if (lines.length === 0 && !isClosed) return []
      return [
        `  chain ${name} {`,
        `    ${base}; policy ${isClosed ? 'drop' : 'accept'};`,
        ...(isClosed ? ['    ct state established,related accept'] : []),
        ...lines.map((line) => `    ${line}`),
        '  }',
      ]
    }),
    '}',
    '',
  ].join('\n')

interface ForeignChain {
  readonly name: string
  readonly base: string
  readonly holds: (effect: ForeignEffect) => boolean
}

const isFilter = ({ kind }: ForeignEffect): boolean => ['drop', 'reject', 'accept'].includes(kind)

const chains: readonly ForeignChain[] = [
  {
    name: 'raw',
    base: 'type filter hook prerouting priority raw',
    holds: ({ kind }) => kind === 'notrack',
  },
  {
    name: 'prerouting',
    base: 'type filter hook prerouting priority mangle',
    holds: (effect) => isFilter(effect) && effect.stage === 'prerouting',
  },
  {
    name: 'dstnat',
    base: 'type nat hook prerouting priority dstnat',
    holds: ({ kind }) => kind === 'dnat',
  },
  {
    name: 'forward',
    base: 'type filter hook forward priority filter',
    holds: (effect) => isFilter(effect) && effect.stage === 'forward',
  },
  {
    name: 'postrouting',
    base: 'type filter hook postrouting priority mangle',
    holds: (effect) => isFilter(effect) && effect.stage === 'postrouting',
  },
  {
    name: 'srcnat',
    base: 'type nat hook postrouting priority srcnat',
    holds: ({ kind }) => kind === 'masquerade',
  },
]

const lineOf = (family: Family, { kind, source, in: name, protocol, port, to }: ForeignEffect): string =>
  [
    ...(name === null ? [] : [`iifname "${name}"`]),
    ...(source === null ? [] : [`${family} saddr ${source}`]),
    ...(protocol === null ? [] : [port === null ? `meta l4proto ${protocol}` : `${protocol} dport ${port}`]),
    to === null ? kind : `dnat to ${socketText(to.address, to.port)}`,
  ].join(' ')
