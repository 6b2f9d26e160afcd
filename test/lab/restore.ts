import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import type { Machine } from './machine.ts'
import { hostFolder, hostLibrary, hostResolvers, type Site, writeResolvers } from './site.ts'
import { type Snapshot, takeSnapshot } from './snapshot.ts'

/** What a site was like when it stood, to be compared and restored. */
export interface FirstState {
  readonly mounts: string
  readonly host: Snapshot
  /** Routes, a line each, as `ip route add` takes them; of both families. */
  readonly routes: readonly (readonly string[])[]
  /** Of the machines around the host, and of what a snapshot of the host leaves out. */
  readonly rest: readonly string[]
  /** Addresses of the machines around the host, a list for each. */
  readonly around: readonly (readonly string[])[]
  readonly tablesStay: boolean
}

const families = ['-4', '-6'] as const

const machinesAround = ({ client, neighbour, outside, distant }: Site): readonly Machine[] => [
  client,
  neighbour,
  outside,
  distant,
]

const linesOf = (text: string): readonly string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')

const readRoutes = async (host: Machine): Promise<readonly (readonly string[])[]> =>
  Promise.all(
    families.map(async (family) =>
      linesOf(await host.mustRun(['ip', family, 'route', 'show', 'table', 'all'])),
    ),
  )

// Link-local addresses come by themselves, sooner or later.
const readings = '{ ip -o addr; ip route; ip -6 route; ip rule; } | grep -v fe80: | sort; nft list ruleset'

const readMounts = ({ host }: Site): string => readFileSync(`/proc/${host.pid}/mounts`, 'utf8')

/** Sets and registered tables of the host; addresses, routes and rules of the others. */
const readRest = (site: Site, tablesStay: boolean): Promise<readonly string[]> => {
  const tables = tablesStay
    ? ''
    : 'cat /proc/net/ip_tables_names /proc/net/ip6_tables_names 2> /dev/null || true'
  return Promise.all([
    site.host.mustRun(['sh', '-ec', `! command -v ipset > /dev/null || ipset save\n${tables}`]),
    ...machinesAround(site).map((machine) => machine.mustRun(['sh', '-ec', readings])),
  ])
}

/** Waits until the kernel has given the links what it gives them by itself. */
const settled = async (host: Machine): Promise<void> => {
  const wait =
    'for link in eth0 eth1; do until ip -6 -o addr show dev $link scope link -tentative | grep -q .; do sleep 0.05; done; done'
  await host.mustRun(['sh', '-ec', wait])
}

/** @param tablesStay - see `LabPoolOptions` */
export const readFirstState = async (site: Site, tablesStay: boolean): Promise<FirstState> => {
  await settled(site.host)
  const [host, routes, around, rest] = await Promise.all([
    takeSnapshot(site.host),
    readRoutes(site.host),
    readAround(site),
    readRest(site, tablesStay),
  ])
  return { mounts: readMounts(site), host, routes, around, rest, tablesStay }
}

/** Addresses of the machines around the host, a line each, as `ip -o addr` has them without what passes with time. */
const readAround = (site: Site): Promise<readonly (readonly string[])[]> =>
  Promise.all(
    machinesAround(site).map(async (machine) =>
      [...(await machine.mustRun(['ip', '-o', 'addr'])).matchAll(/^\d+: (\S+) +inet6? (\S+)/gm)]
        .filter(([, , address = '']) => !address.startsWith('fe80:'))
        .map(([, device, address]) => `${address} dev ${device}`),
    ),
  )

/** Tests give those machines addresses of others, to ask from. */
const restoreAround = async (site: Site, first: FirstState['around']): Promise<void> => {
  const now = await readAround(site)
  await Promise.all(
    machinesAround(site).map(async (machine, index) => {
      const come = (now[index] ?? []).filter((line) => !first[index]?.includes(line))
      if (come.length > 0) await machine.ip(...come.map((line) => `addr del ${line}`))
    }),
  )
}

/** Ends what a test has started on the host and left. */
const endPrograms = ({ host, resident }: Site): void => {
  const place = (pid: string | number): string | null => {
    try {
      return readlinkSync(`/proc/${pid}/ns/net`)
    } catch {
      // It has ended meanwhile.
      return null
    }
  }
  const own = place(host.pid)
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    if (Number(pid) === host.pid || Number(pid) === resident.pid || place(pid) !== own) continue
    try {
      process.kill(Number(pid), 'SIGKILL')
    } catch {
      // As above.
    }
  }
}

// Links first: with a link its addresses, routes and sysctls go.
const emptyHost = `
for link in $(ip -j link | tr '{' '\\n' | sed -n 's/.*"ifname":"\\([^"]*\\)".*/\\1/p'); do
  case $link in lo|eth0|eth1) ;; *) ip link del "$link" 2> /dev/null || true ;; esac
done
nft flush ruleset
for family in ip ip6; do
  for table in $(cat /proc/net/"$family"_tables_names 2> /dev/null); do
    chains=$("$family"tables-legacy-save -t "$table" | sed -n 's/^:\\([A-Z]*\\) [A-Z].*/:\\1 ACCEPT/p')
    printf '*%s\\n%s\\nCOMMIT\\n' "$table" "$chains" | "$family"tables-legacy-restore
  done
done
! command -v ipset > /dev/null || ipset destroy
ip neigh flush all
conntrack -F 2> /dev/null || true
find ${hostLibrary} -xdev -mindepth 1 -delete
find /run -xdev -mindepth 1 -not -path ${hostFolder} -not -path ${hostLibrary} -not -path ${hostResolvers} -delete
${writeResolvers}`

const sysctlsOf = (snapshot: Snapshot): ReadonlyMap<string, string> =>
  new Map(
    linesOf(snapshot.sysctls ?? '').map((line) => {
      const [name = '', value = ''] = line.split(/ = ?/, 2)
      return [name, value] as const
    }),
  )

/** A change of `all` changes those of each link: it goes first. */
const rank = (name: string): number => (/\.(all|default)\./.test(name) ? 0 : 1)

const restoreSysctls = async (host: Machine, first: Snapshot, now: Snapshot): Promise<void> => {
  const present = sysctlsOf(now)
  const changed = [...sysctlsOf(first)].filter(([name, value]) => present.get(name) !== value)
  // What follows from another may have come back with it: what still differs is seen by the comparison below.
  for (const [name, value] of changed.sort(([one], [other]) => rank(one) - rank(other)))
    await host.setSysctl(name, value)
}

const restoreRoutes = async (host: Machine, first: FirstState['routes']): Promise<void> => {
  const now = await readRoutes(host)
  for (const [index, family] of families.entries()) {
    const before = first[index] ?? []
    const present = now[index] ?? []
    const gone = before.filter((line) => !present.includes(line)).map((line) => `route add ${line}`)
    const come = present.filter((line) => !before.includes(line)).map((line) => `route del ${line}`)
    if (gone.length + come.length === 0) continue
    await host.run(['ip', family, '-force', '-batch', '-'], { input: [...come, ...gone, ''].join('\n') })
  }
}

/**
 * Brings a site back to what it was when it stood.
 * @returns whether it is; if not, something was changed that this cannot undo, and the site is of no more use
 */
export const restore = async (site: Site, first: FirstState): Promise<boolean> => {
  const { host } = site
  // First: a test that hides a program mounts its folder elsewhere, and what is emptied below would be the machine's.
  if (readMounts(site) !== first.mounts) return false
  endPrograms(site)
  await Promise.all([host, ...machinesAround(site)].map((one) => one.forget()))
  const emptied = await host.run(['sh', '-ec', emptyHost])
  if (emptied.exitCode !== 0) return false
  await restoreSysctls(host, first.host, await takeSnapshot(host))
  await restoreRoutes(host, first.routes)
  await restoreAround(site, first.around)
  const [now, rest] = await Promise.all([takeSnapshot(host), readRest(site, first.tablesStay)])
  return JSON.stringify([now, rest]) === JSON.stringify([first.host, first.rest])
}
