import type { Entry } from '../entry.ts'
import { pairedPeer, spreadOf } from '../measure.ts'
import { ourLibrary } from '../peer/ours.ts'
import type { Row } from '../row.ts'
import { openTriple, throughEngine } from '../triple.ts'

export const entry: Entry = {
  about: 'new connections that `watch --metrics` counts, beside those that nothing counts',
  needs: 'namespace',
  measure: async ({ count, rounds }) => {
    const [ports, connections] = [count(10_000), count(4_000)]
    const rates = { plain: [] as number[], counted: [] as number[], accounted: [] as number[] }
    const warmUp = rounds(1)
    const { publish } = ourLibrary('apply', 'nftables')
    const wiring = throughEngine((place, size) => publish(place, size, 60_000))
    using triple = await openTriple('bench', wiring, ports)
    const metered = async (accounting: boolean): Promise<number> => {
      using _meter = await triple.meterFlows(accounting)
      return triple.connect(connections).byClock
    }
    for (let round = -warmUp; round < rounds(20); round += 1) {
      const plain = triple.connect(connections).byClock
      const counted = await metered(false)
      const accounted = await metered(true)
      if (round < 0) continue
      rates.plain.push(plain)
      rates.counted.push(counted)
      rates.accounted.push(accounted)
    }
    const spread = (name: keyof typeof rates) => spreadOf(rates[name], warmUp)
    const row = (name: keyof typeof rates, what: string): Row => ({
      what: `nftables: through the last of ${ports}, ${what}`,
      unit: '1/s',
      measured: spread(name),
      mark: null,
      peers: [pairedPeer('not counted', rates[name], rates.plain, warmUp)],
    })
    return [
      row('counted', 'connections counted'),
      row('accounted', 'packets and bytes too (conntrack accounting)'),
    ]
  },
}
