import { fileURLToPath } from 'node:url'
import type { ClusterLab } from '../../lab/cluster/cluster-lab.ts'
import { addressIn, type FuzzHost } from './fuzz-host.ts'

const program = fileURLToPath(new URL('../../lab/cluster/arp-owners.py', import.meta.url))
const service = { protocol: 'udp', port: 7 } as const

/** Addresses of blocks are reached on the wire, and each machine says its name. */
export const prepareTraffic = async (lab: ClusterLab): Promise<void> => {
  await lab.observer.ip('route add 10.64.0.0/15 dev eth0')
  for (const { machine } of lab.hosts) await machine.listen(service)
}

/**
 * Asks for addresses of these blocks on the wire.
 * @returns addresses that more than one host answered for. Hosts whose blocks may
 * have been reclaimed while they ran are left out: what they do until they verify their blocks is documented.
 */
export const sweep = async (
  lab: ClusterLab,
  hosts: readonly FuzzHost[],
  blocks: readonly string[],
): Promise<readonly string[]> => {
  const addresses = blocks.map(addressIn)
  // One of them may verify its blocks while it is asked, and has given up what it answered for.
  const doubted = new Set(hosts.filter(({ isDoubtful }) => isDoubtful))
  const printed = await lab.observer.mustRun([
    'python3',
    '-S',
    '-E',
    program,
    'eth0',
    '192.0.2.99',
    ...addresses,
  ])
  const answered = JSON.parse(printed) as Readonly<Record<string, readonly string[]>>
  return addresses.flatMap((address) => {
    const names = hosts.filter(
      (host) => !doubted.has(host) && !host.isDoubtful && answered[address]?.includes(host.mac),
    )
    return names.length < 2 ? [] : [`${address} is on ${names.map(({ name }) => name).join(' and ')}`]
  })
}

/** Asks each address that hosts have, and hears which machine it is. */
export const askEach = async (lab: ClusterLab, hosts: readonly FuzzHost[]): Promise<readonly string[]> => {
  await lab.observer.mustRun(['ip', 'neigh', 'flush', 'dev', 'eth0'])
  // A host that was reclaimed and does not know it answers too, and the neighbour that is heard first wins.
  const doubted = new Set(hosts.flatMap(({ uses, isDoubtful }) => (isDoubtful ? [...uses] : [])))
  const asked = hosts.flatMap(({ name, uses, isDoubtful }) =>
    isDoubtful
      ? []
      : [...uses]
          .filter((block) => !doubted.has(block))
          .map((block) => ({ name, address: addressIn(block) })),
  )
  const wrong = await Promise.all(
    asked.map(async ({ name, address }) => {
      const outcome = await lab.observer.reach({ ...service, destination: address })
      if (outcome.delivered && outcome.by === name) return []
      return [`${address} of ${name} was answered by ${outcome.delivered ? outcome.by : outcome.how}`]
    }),
  )
  return wrong.flat()
}
