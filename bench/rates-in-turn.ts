import { pairedPeer, type Rounds, spreadOf } from './measure.ts'
import type { Peer, Spread } from './row.ts'
import type { ConnectionRates, Triple } from './triple.ts'

export interface RatesInTurn {
  readonly spread: (name: string) => Spread | null
  /** One triple as the peer of another, compared round by round. */
  readonly beside: (name: string, other: string) => Peer
}

/** Measures new connections per second through several triples, in turn within each round. */
export const ratesInTurn = (
  triples: ReadonlyMap<string, Triple>,
  connections: number,
  { count, warmUp }: Rounds,
  by: keyof ConnectionRates = 'byClock',
): RatesInTurn => {
  const rates = new Map<string, number[]>([...triples.keys()].map((name) => [name, []]))
  for (let round = -warmUp; round < count; round += 1) {
    for (const [name, triple] of triples) {
      const rate = triple.connect(connections)[by]
      if (round >= 0) rates.get(name)?.push(rate)
    }
  }
  const of = (name: string) => rates.get(name) ?? []
  return {
    spread: (name) => (rates.has(name) ? spreadOf(of(name), warmUp) : null),
    beside: (name, other) => pairedPeer(other, of(name), of(other), warmUp),
  }
}
