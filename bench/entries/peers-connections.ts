import type { Entry, Scale } from '../entry.ts'
import { type Endurance, openEndurance } from '../peer/endurance.ts'
import { engineRules, neverMeasured } from '../peer/engines.ts'
import { ratesInTurn } from '../rates-in-turn.ts'
import type { Peer, Row } from '../row.ts'
import { direct, openTriple, type Triple, throughEngine } from '../triple.ts'

export const entry: Entry = {
  about: 'new connections through the last of many ports: Portolan, netavark, CNI portmap and Docker',
  needs: 'namespace',
  isPeers: true,
  measure: async (scale) => {
    const endurance = openEndurance()
    const rows: Row[] = []
    for (const ports of scale.isQuick ? [2] : [1, 10, 100, 1_000, 10_000])
      rows.push(await rowOf(ports, endurance, scale))
    return rows
  },
}

const engines = engineRules()
const noNat = 'no NAT'

const rowOf = async (ports: number, endurance: Endurance, { count, rounds }: Scale): Promise<Row> => {
  const triples = new Map<string, Triple>()
  try {
    triples.set(noNat, await openTriple('direct', direct, ports))
    for (const [at, engine] of engines.entries()) {
      if (endurance.whyNot(engine) !== null) continue
      const wiring = throughEngine((place, size) => endurance.publish(engine, place, size))
      try {
        triples.set(engine.name, await openTriple(`peer${at}`, wiring, ports))
      } catch (error) {
        // The row reports an engine that cannot publish so many ports. Any other error is a fault of the bench.
        if (endurance.whyNot(engine) === null) throw error
      }
    }
    const rates = ratesInTurn(triples, count(3_000), { count: rounds(9), warmUp: rounds(1) })
    const line = engines[0]?.name ?? ''
    const ours = rates.spread(line)
    if (ours === null) throw new Error(`${line}: ${engines.map(endurance.whyNot).join('; ')}`)
    const peers = engines.slice(1).map((engine): Peer => {
      return rates.spread(engine.name) === null
        ? { kind: 'absent', name: engine.name, why: endurance.whyNot(engine) ?? '' }
        : rates.beside(line, engine.name)
    })
    return {
      what: `the last of ${ports} ports, ${line}`,
      unit: '1/s',
      measured: ours,
      mark: null,
      point: { chart: 'connections', line, ports },
      peers: [rates.beside(line, noNat), ...peers, ...neverMeasured],
    }
  } finally {
    for (const triple of triples.values()) triple[Symbol.dispose]()
  }
}
