import { type Rounds, spreadOf } from './measure.ts'
import type { Spread } from './row.ts'
import type { Triple } from './triple.ts'

/** New connections a second through several triples in turn within each round, by their names. */
export const ratesInTurn = (
  triples: ReadonlyMap<string, Triple>,
  connections: number,
  { count, warmUp }: Rounds,
): ReadonlyMap<string, Spread> => {
  const rates = new Map<string, number[]>([...triples.keys()].map((name) => [name, []]))
  for (let round = -warmUp; round < count; round += 1) {
    for (const [name, triple] of triples) {
      const rate = triple.connectionRate(connections)
      if (round >= 0) rates.get(name)?.push(rate)
    }
  }
  return new Map([...rates].map(([name, values]) => [name, spreadOf(values, warmUp)]))
}
