import type { Entry } from '../entry.ts'
import { peerOf, spreadOf } from '../measure.ts'
import type { Row } from '../row.ts'
import { openTriple, type Triple } from '../triple.ts'

const backends = ['nftables', 'iptables-nft', 'iptables-legacy'] as const
const atLeast = { nftables: 0.95, 'iptables-nft': 0.9, 'iptables-legacy': 0.9 } as const

export const entry: Entry = {
  about: 'new connections through the last of many mappings, beside none',
  needs: 'namespace',
  measure: async ({ count, rounds }) => {
    const [ports, connections] = [count(10_000), count(3_000)]
    const triples: Triple[] = []
    const rates = new Map<string, number[]>()
    const names = ['direct', ...backends] as const
    const warmUp = rounds(1)
    try {
      for (const [at, name] of names.entries())
        triples.push(await openTriple(`bench${at}`, name === 'direct' ? null : name, ports))
      for (let round = -warmUp; round < rounds(9); round += 1) {
        for (const [at, name] of names.entries()) {
          const rate = triples[at]?.connectionRate(connections) ?? 0
          if (round >= 0) rates.set(name, [...(rates.get(name) ?? []), rate])
        }
      }
    } finally {
      for (const triple of triples) triple[Symbol.dispose]()
    }
    const spread = (name: string) => spreadOf(rates.get(name) ?? [], warmUp)
    return backends.map(
      (name): Row => ({
        what: `${name}: through the last of ${ports}`,
        unit: '1/s',
        measured: spread(name),
        mark: { ratioAtLeast: atLeast[name] },
        peers: [peerOf('no NAT', spread(name), spread('direct'))],
      }),
    )
  },
}
