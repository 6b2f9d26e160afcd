import type { Entry } from '../entry.ts'
import { peerOf } from '../measure.ts'
import { ourLibrary } from '../peer/ours.ts'
import { ratesInTurn } from '../rates-in-turn.ts'
import type { Row } from '../row.ts'
import { direct, openTriple, type Triple, throughEngine } from '../triple.ts'

const atLeast = { nftables: 0.95, 'iptables-nft': 0.9, 'iptables-legacy': 0.9 } as const
const backends = ['nftables', 'iptables-nft', 'iptables-legacy'] as const
const noNat = 'no NAT'
const limitMs = 60_000

export const entry: Entry = {
  about: 'new connections through the last of many mappings, beside none',
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
      const spreads = ratesInTurn(triples, count(3_000), { count: rounds(9), warmUp: rounds(1) })
      const without = spreads.get(noNat)
      return backends.flatMap((backend): readonly Row[] => {
        const measured = spreads.get(backend)
        if (measured === undefined || without === undefined) return []
        return [
          {
            what: `${backend}: through the last of ${ports}`,
            unit: '1/s',
            measured,
            mark: { ratioAtLeast: atLeast[backend] },
            peers: [peerOf(noNat, measured, without)],
          },
        ]
      })
    } finally {
      for (const triple of triples.values()) triple[Symbol.dispose]()
    }
  },
}
