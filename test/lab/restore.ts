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

/**
 * Keeps what a site is like while it stands unused.
 * @param tablesStay - see `LabPoolOptions`
 */
export const remember = async (site: Site, tablesStay: boolean): Promise<void> => {
  await site.host.settled(['eth0', 'eth1'])
  const folders = { emptied: [hostLibrary, '/run'], kept: [hostFolder, hostLibrary, hostResolvers] }
  await Promise.all([
    site.host.remember({ folders, tablesStay }),
    ...machinesAround(site).map((machine) => machine.remember()),
  ])
}

/** Ends what a test has started on the host and left. */
const endPrograms = async ({ host, resident, modules, plugins }: Site): Promise<void> => {
  const place = (pid: string | number): string | null => {
    try {
      return readlinkSync(`/proc/${pid}/ns/net`)
    } catch {
      // It has ended meanwhile.
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
      // As above.
    }
  }
  // A process leaves its namespaces once it runs no more: what it wrote until then is undone with the rest.
  if (left.length > 0)
    await until('the end of what was left', () => left.every((pid) => place(pid) !== own), {
      shows: () => left.filter((pid) => place(pid) === own),
    })
}

/**
 * Brings a site back to what it was when it was remembered.
 * @returns what is not as it was, as this cannot undo it: the site is of no more use then
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
