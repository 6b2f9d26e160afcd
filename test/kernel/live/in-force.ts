import { type Backend, backends } from '../../lab/backend.ts'
import type { Lab } from '../../lab/lab.ts'

const programs = {
  nftables: ['nft', 'list', 'tables'],
  'iptables-nft': ['iptables-nft-save'],
  'iptables-legacy': ['iptables-legacy-save'],
} as const

/** The backends in which the kernel has rules of Portolan's. */
export const inForce = async (lab: Lab): Promise<readonly Backend[]> => {
  const found: Backend[] = []
  for (const backend of backends)
    if (/inet portolan|PORTOLAN/.test(await lab.host.mustRun(programs[backend]))) found.push(backend)
  return found
}
