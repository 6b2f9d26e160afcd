import type { Entry } from '../entry.ts'
import { peerOf, spreadOf } from '../measure.ts'
import { type Endurance, openEndurance } from '../peer/endurance.ts'
import type { Engine } from '../peer/engine.ts'
import { neverMeasured, publishingEngines } from '../peer/engines.ts'
import { openPlace } from '../peer/place.ts'
import type { Peer, Row } from '../row.ts'

/** Time for all rounds of one engine and size, with the hosts made for them. After that no further round begins. */
const budgetMs = 15_000

export const entry: Entry = {
  about: 'ports of one container from nothing: Portolan, netavark, CNI portmap and Docker',
  needs: 'namespace',
  isPeers: true,
  measure: async ({ isQuick, rounds }) => {
    const endurance = openEndurance()
    const rows: Row[] = []
    for (const ports of isQuick ? [2] : [0, 1, 10, 100, 1_000, 10_000])
      rows.push(rowOf(ports, await timesInTurn(ports, rounds(7), endurance), endurance))
    return rows
  },
}

const engines = publishingEngines()

/** Each round of each engine has a new host, which ends before the next round begins. */
const timesInTurn = async (
  ports: number,
  rounds: number,
  endurance: Endurance,
): Promise<ReadonlyMap<Engine, readonly number[]>> => {
  const taken = new Map<Engine, readonly number[]>()
  const spent = new Map<Engine, number>()
  for (let round = 0; round < rounds; round += 1) {
    for (const engine of engines) {
      if (endurance.whyNot(engine) !== null || (spent.get(engine) ?? 0) > budgetMs) continue
      const start = process.hrtime.bigint()
      try {
        using place = openPlace('peer')
        using published = await endurance.publish(engine, place, ports)
        taken.set(engine, [...(taken.get(engine) ?? []), published.milliseconds])
      } catch (error) {
        // The row reports an engine that cannot publish so many ports. Any other error is a fault of the bench.
        if (endurance.whyNot(engine) === null) throw error
      }
      spent.set(engine, (spent.get(engine) ?? 0) + Number(process.hrtime.bigint() - start) / 1e6)
    }
  }
  return taken
}

const rowOf = (ports: number, taken: ReadonlyMap<Engine, readonly number[]>, endurance: Endurance): Row => {
  const [first, ...others] = engines
  const times = first === undefined ? undefined : taken.get(first)
  if (first === undefined || times === undefined)
    throw new Error(`${ports} ports: ${engines.map(endurance.whyNot).join('; ')}`)
  const ours = spreadOf(times, 0)
  const peers = others.map((engine): Peer => {
    const theirs = taken.get(engine)
    return theirs === undefined
      ? { kind: 'absent', name: engine.name, why: endurance.whyNot(engine) ?? '' }
      : peerOf(engine.name, ours, spreadOf(theirs, 0))
  })
  return {
    what: `${ports} ports, ${first.name}`,
    unit: 'ms',
    measured: ours,
    mark: null,
    point: { chart: 'publish', line: first.name, ports },
    peers: [...peers, ...neverMeasured],
  }
}
