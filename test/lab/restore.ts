import { readdirSync, readlinkSync } from 'node:fs'
import type { Machine } from './machine.ts'
import { hostFolder, hostLibrary, hostResolvers, type Site } from './site.ts'
import { until } from './until.ts'

const machinesAround = ({ client, neighbour, outside, distant }: Site): readonly Machine[] => [
  client,
  neighbour,
  outside,
  distant,
]

/** Records the state of a site that no test uses. */
export const remember = async (site: Site): Promise<void> => {
  await site.host.settled(['eth0', 'eth1'])
  const folders = { emptied: [hostLibrary, '/run'], kept: [hostFolder, hostLibrary, hostResolvers] }
  await Promise.all([
    site.host.remember({ folders }),
    ...machinesAround(site).map((machine) => machine.remember()),
  ])
}

/** Ends the programs that a test has left running on the host. */
const endPrograms = async ({ host, resident, modules, plugins }: Site): Promise<void> => {
  const place = (pid: string | number): string | null => {
    try {
      return readlinkSync(`/proc/${pid}/ns/net`)
    } catch {
      // The process has ended meanwhile.
      return null
    }
  }
  const own = place(host.pid)
  const stay = [host.pid, resident.pid, modules.pid, plugins.pid]
  const left = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => !stay.includes(pid) && place(pid) === own)
  for (const pid of left) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // The process has ended meanwhile.
    }
  }
  // A process leaves its namespaces when it ends. Its writes until then are undone with all others, so this waits.
  if (left.length > 0)
    await until('the end of what was left', () => left.every((pid) => place(pid) !== own), {
      shows: () => left.filter((pid) => place(pid) === own),
    })
}

/**
 * What stays on a host where a test used iptables-legacy: empty tables, which the kernel keeps registered until the
 * namespace ends.
 */
export const emptyLegacyTables = 'legacy tables of host'

/**
 * Brings a site back to the state that was recorded.
 * @returns the parts that could not be undone
 */
export const restore = async (site: Site): Promise<readonly string[]> => {
  await endPrograms(site)
  const left = await Promise.all(
    [site.host, ...machinesAround(site)].map(async (machine) =>
      (await machine.restore()).map((part) => `${part} of ${machine.name}`),
    ),
  )
  return left.flat()
}
