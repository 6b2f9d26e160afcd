import type { Entry } from '../entry.ts'
import { ourLibrary } from '../peer/ours.ts'
import { ratesInTurn } from '../rates-in-turn.ts'
import type { Row } from '../row.ts'
import { direct, openTriple, type Triple, throughEngine } from '../triple.ts'

const atLeast = { nftables: 0.98, 'iptables-nft': 0.95, 'iptables-legacy': 0.95 } as const
const backends = ['nftables', 'iptables-nft', 'iptables-legacy'] as const
const noNat = 'no NAT'
const limitMs = 60_000

export const entry: Entry = {
  about: 'new connections a second of processor time, through the last of many mappings, beside none',
  needs: 'namespace',
  measure: async ({ count, rounds }) => {
    const ports = count(10_000)
    const triples = new Map<string, Triple>()
    try {
      triples.set(noNat, await openTriple('bench', direct, ports))
      for (const backend of backends) {
        const { publish } = ourLibrary('apply', backend)
        const wiring = throughEngine((place, size) => publish(place, size, limitMs))
        triples.set(backend, await openTriple(`bench-${backend}`, wiring, ports))
      }
      const size = { count: rounds(60), warmUp: rounds(2) }
      const rates = ratesInTurn(triples, count(2_000), size, 'byProcessor')
      return backends.flatMap((backend): readonly Row[] => {
        const measured = rates.spread(backend)
        if (measured === null) return []
        return [
          {
            what: `${backend}: through the last of ${ports}`,
            unit: '1/s',
            measured,
            mark: { ratioAtLeast: atLeast[backend] },
            peers: [rates.beside(backend, noNat)],
          },
        ]
      })
    } finally {
      for (const triple of triples.values()) triple[Symbol.dispose]()
    }
  },
}
