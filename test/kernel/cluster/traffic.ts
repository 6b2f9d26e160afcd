import { fileURLToPath } from 'node:url'
import { fromJson } from '../../from-json.ts'
import type { ClusterLab } from '../../lab/cluster/cluster-lab.ts'
import { addressIn, type FuzzHost } from './fuzz-host.ts'

const program = fileURLToPath(new URL('../../lab/cluster/arp-owners.py', import.meta.url))
const service = { protocol: 'udp', port: 7 } as const

/** Makes the addresses of blocks reachable on the wire, and makes each machine answer with its name. */
export const prepareTraffic = async (lab: ClusterLab): Promise<void> => {
  await lab.observer.ip('route add 10.64.0.0/15 dev eth0')
  for (const { machine } of lab.hosts) await machine.listen(service)
}

/**
 * Asks for addresses of these blocks on the wire.
 * @returns the addresses for which more than one host answered. A host whose blocks may have been reclaimed while it
 *   ran does not count: its behaviour until it verifies its blocks is documented
 */
export const sweep = async (
  lab: ClusterLab,
  hosts: readonly FuzzHost[],
  blocks: readonly string[],
): Promise<readonly string[]> => {
  const addresses = blocks.map(addressIn)
  // Such a host may verify its blocks during the sweep, and release an address for which it has answered.
  const doubtfulHosts = new Set(hosts.filter(({ isDoubtful }) => isDoubtful))
  const printed = await lab.observer.mustRun([
    'python3',
    '-S',
    '-E',
    program,
    'eth0',
    '192.0.2.99',
    ...addresses,
  ])
  const answered = fromJson<Readonly<Record<string, readonly string[]>>>(printed)
  return addresses.flatMap((address) => {
    const names = hosts.filter(
      (host) => !doubtfulHosts.has(host) && !host.isDoubtful && answered[address]?.includes(host.mac),
    )
    return names.length < 2 ? [] : [`${address} is on ${names.map(({ name }) => name).join(' and ')}`]
  })
}

/** Sends a probe to each address that hosts have, and checks which machine answers. */
export const probeEach = async (lab: ClusterLab, hosts: readonly FuzzHost[]): Promise<readonly string[]> => {
  await lab.observer.mustRun(['ip', 'neigh', 'flush', 'dev', 'eth0'])
  // A host whose block was reclaimed answers for the address too, as long as it does not know. The first answer wins.
  const doubtfulBlocks = new Set(hosts.flatMap(({ uses, isDoubtful }) => (isDoubtful ? [...uses] : [])))
  const targets = hosts.flatMap(({ name, uses, isDoubtful }) =>
    isDoubtful
      ? []
      : [...uses]
          .filter((block) => !doubtfulBlocks.has(block))
          .map((block) => ({ name, address: addressIn(block) })),
  )
  const wrong = await Promise.all(
    targets.map(async ({ name, address }) => {
      const outcome = await lab.observer.reach({ ...service, destination: address })
      if (outcome.delivered && outcome.by === name) return []
      return [`${address} of ${name} was answered by ${outcome.delivered ? outcome.by : outcome.how}`]
    }),
  )
  return wrong.flat()
}
