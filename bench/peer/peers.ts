import { measure, peerOf, type Work } from '../measure.ts'
import type { Peer, Spread } from '../row.ts'
import { netavark, netavarkWork } from './netavark.ts'
import { portmap, portmapWork } from './portmap.ts'

interface Candidate {
  readonly name: string
  readonly program: string | null
  /** How to say where it is, where it is not found. */
  readonly variable: string
  readonly work: (program: string, ports: number) => Work
}

const candidates: readonly Candidate[] = [
  { name: 'netavark setup', program: netavark, variable: 'NETAVARK', work: netavarkWork },
  { name: 'CNI portmap ADD', program: portmap, variable: 'CNI_PORTMAP', work: portmapWork },
]

/** Other engines, which bring up so many mappings for one container; or what they lack. */
export const measureEngines = async (
  ours: Spread,
  ports: number,
  rounds: number,
): Promise<readonly Peer[]> => {
  const peers: Peer[] = []
  for (const { name, program, variable, work } of candidates) {
    if (program === null) {
      peers.push({ kind: 'absent', name, why: `not installed (${variable}=PATH says where)` })
      continue
    }
    try {
      peers.push(peerOf(name, ours, await measure(work(program, ports), { count: rounds, warmUp: 0 })))
    } catch (error) {
      const [why = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
      peers.push({ kind: 'absent', name, why: why.slice(0, 100) })
    }
  }
  return peers
}
