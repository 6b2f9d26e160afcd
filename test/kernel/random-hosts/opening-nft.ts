import fc from 'fast-check'
import { place } from '../differential/nft-ruleset.ts'
import type { Family } from '../differential/scene.ts'
import { one } from '../differential/vocabulary.ts'
import { type Opening, opening, type Translation, translation } from './opening.ts'
import type { PlantedChains } from './planted.ts'

const prefixes = { ip: '172.30.1.0/24', ip6: 'fd00:30:1::/64' } as const

const portsOf = (ports: readonly number[]): string =>
  ports.length === 1 ? `${ports[0]}` : `{ ${ports.join(', ')} }`

const translationText = (of: string, family: Family, { address, ports, to }: Translation): string => {
  const end = family === 'ip6' ? `[${to.address}]` : to.address
  return `${family} daddr ${address} meta l4proto { tcp, udp } th dport ${portsOf(ports)} dnat${of} to ${to.port === null ? to.address : `${end}:${to.port}`}`
}

/** nft cannot correct checksums in a rule with `th`, so each protocol has its own rule. */
const changes = (family: Family, from: Opening, protocol: 'tcp' | 'udp'): string => {
  switch (from.kind) {
    case 'source':
      return `${family} saddr ${from.address} meta l4proto ${protocol} ${family} saddr set ${from.to}`
    case 'port':
      return `${protocol} dport ${from.port} ${protocol} dport set ${from.to}`
    case 'destination': {
      const { address, ports, to } = from
      const port = to.port === null ? '' : ` ${protocol} dport set ${to.port}`
      return `${family} daddr ${address} ${protocol} dport ${portsOf(ports)} ${family} daddr set ${to.address}${port}`
    }
  }
}

/** Translations by another program, before or after Portolan's. */
const translations = (table: Family | 'inet', family: Family): fc.Arbitrary<PlantedChains> => {
  const of = table === 'inet' ? ` ${family}` : ''
  const whole = `dnat${of} prefix to ${family} daddr map { ${prefixes[family]} : ${prefixes[family]} }`
  return fc
    .tuple(
      place(table, 'nat', 'prerouting', [-150, -110, -105, -100]),
      fc.array(translation(family), { minLength: 1, maxLength: 3 }),
      one('', '', '', '', whole),
    )
    .map(([at, all, last]) => ({
      chains: [
        {
          name: 'opens',
          lines: [
            `type nat hook prerouting priority ${at.priority}; policy accept;`,
            ...all.map((some) => translationText(of, family, some)),
            ...(last === '' ? [] : [last]),
          ],
        },
      ],
    }))
}

/** Rules that change headers, before or after connection tracking. */
const rewrites = (table: Family | 'inet', family: Family): fc.Arbitrary<PlantedChains> =>
  fc
    .tuple(
      place(table, 'filter', 'prerouting', [-310, -300, -250, -180, -160, -120]),
      fc.array(opening(family), { minLength: 1, maxLength: 2 }),
    )
    .map(([at, all]) => ({
      chains: [
        {
          name: 'rewrites',
          lines: [
            `type filter hook prerouting priority ${at.priority}; policy accept;`,
            ...all.flatMap((some) =>
              (['tcp', 'udp'] as const).map((protocol) => changes(family, some, protocol)),
            ),
          ],
        },
      ],
    }))

/** Rules that let packets in which the contract keeps out. */
export const openings = (table: Family | 'inet', families: readonly Family[]): fc.Arbitrary<PlantedChains> =>
  one(...families).chain((family) => fc.oneof(translations(table, family), rewrites(table, family)))
