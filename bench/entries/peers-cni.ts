import { fileURLToPath } from 'node:url'
import type { Entry } from '../entry.ts'
import { newState } from '../live-host.ts'
import { pairedPeer, spreadOf } from '../measure.ts'
import { behindBridge, type CniConfig, callCni, chainBridge, portmapProgram } from '../peer/cni-chain.ts'
import { openPlace, type Place } from '../peer/place.ts'
import { processorTime } from '../processor-time.ts'
import type { Peer, Row } from '../row.ts'

const plugin = fileURLToPath(new URL('../../../packages/cni/bin/portolan-cni.js', import.meta.url))

/** The plugin behind `bridge` in the list of plugins. */
interface Chained {
  readonly program: readonly string[]
  readonly configOf: (made: unknown) => CniConfig
}

const ours: Chained = {
  program: [process.execPath, plugin],
  configOf: (made) => ({
    ...behindBridge('portolan-cni', 1, made),
    backend: 'nftables',
    stateDir: newState(),
  }),
}

const theirs = (program: string): Chained => ({
  program: [program],
  configOf: (made) => ({ ...behindBridge('portmap', 1, made), backend: 'nftables' }),
})

export const entry: Entry = {
  about: 'processor time of one port behind the CNI plugin bridge: portolan-cni and portmap',
  needs: 'namespace',
  isPeers: true,
  measure: async ({ isQuick, rounds }) => {
    const times = isQuick ? 1 : 5
    const warmUp = isQuick ? 0 : 1
    if (portmapProgram === null) throw new Error('portmap is not installed (CNI_PORTMAP=PATH says where)')
    const peer = theirs(portmapProgram)
    const taken: { readonly ours: number[]; readonly theirs: number[] } = { ours: [], theirs: [] }
    for (let round = -warmUp; round < rounds(9); round += 1) {
      // Measured in turn, so that other load on the machine affects both alike.
      const [own, other] = [ofPairs(ours, times), ofPairs(peer, times)]
      if (round < 0) continue
      taken.ours.push(own)
      taken.theirs.push(other)
    }
    const paired: Peer = pairedPeer('CNI portmap', taken.ours, taken.theirs, warmUp)
    const row: Row = {
      what: 'ADD and DEL of one port, portolan-cni, processor time',
      unit: 'ms',
      measured: spreadOf(taken.ours, warmUp),
      mark: null,
      peers: [paired],
    }
    return [row]
  },
}

/** Milliseconds of processor time (user and kernel mode) for one ADD and its DEL. */
const ofPairs = ({ program, configOf }: Chained, times: number): number => {
  using place = openPlace('cni')
  const config = configOf(JSON.parse(callCni(place, 'ADD', chainBridge)))
  return processorTime(times, () => addAndDelete(place, config, program))
}

const addAndDelete = (place: Place, config: CniConfig, program: readonly string[]): void => {
  callCni(place, 'ADD', config, { program })
  callCni(place, 'DEL', config, { program })
}
