import fc from 'fast-check'
import { fromJson } from '../../from-json.ts'
import type { MembersSite } from '../../lab/cluster/members-site.ts'
import { type Snapshot, takeSnapshot } from '../../lab/snapshot.ts'
import { faultsOf, heldIn, keysOf, lostAddresses } from './check-histories.ts'
import { forgetAliveOn } from './forget-alive.ts'
import { createHistoryHost, type HistoryHost } from './history-host.ts'
import { keepCopy, type SiteFault, siteFaultKinds, startSiteFault } from './site-faults.ts'

const host = fc.nat({ max: 4 })
const of = <Kind extends string, More extends object>(
  kind: Kind,
  more: { [Name in keyof More]: fc.Arbitrary<More[Name]> },
) =>
  fc.record({ kind: fc.constant(kind), host, ...more }) as unknown as fc.Arbitrary<
    { readonly kind: Kind; readonly host: number } & More
  >

const often = fc.integer({ min: 0, max: 3 }).map((drawn) => drawn > 0)

const step = fc.oneof(
  { weight: 8, arbitrary: of('join', { count: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 14, arbitrary: of('apply', { count: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 12, arbitrary: of('attach', { at: fc.nat({ max: 2 }) }) },
  { weight: 3, arbitrary: of('detach', { at: fc.nat({ max: 5 }) }) },
  { weight: 4, arbitrary: of('move', { at: fc.nat({ max: 2 }) }) },
  { weight: 9, arbitrary: of('reclaim', { other: fc.nat({ max: 4 }), silent: often, takes: often }) },
  {
    weight: 7,
    arbitrary: of('toggle', {
      what: fc.constantFrom('watch' as const, 'join' as const),
      signal: fc.constantFrom('SIGTERM' as const, 'SIGKILL' as const),
    }),
  },
  { weight: 2, arbitrary: of('release', {}) },
  { weight: 2, arbitrary: of('destroy', {}) },
  { weight: 3, arbitrary: of('keep-copy', {}) },
  { weight: 2, arbitrary: of('pools', { at: fc.nat({ max: 2 }) }) },
  {
    weight: 10,
    arbitrary: of('fault', {
      fault: fc.constantFrom(...siteFaultKinds),
      at: fc.nat({ max: 29 }),
      lasts: fc.integer({ min: 1, max: 3 }),
    }),
  },
)

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never

/** Steps of one group run at once, on different hosts. */
const history = fc.array(fc.array(step, { minLength: 1, maxLength: 3 }), { minLength: 6, maxLength: 14 })

/** The first has few blocks. The others add a pool of smaller blocks, and one that has room for all. */
const poolsOf = [
  ['10.64.0.0/21:24', 'fd00:1234::/61:64'],
  ['10.64.0.0/21:24', '10.65.0.0/24:26', 'fd00:1234::/61:64'],
  ['10.64.0.0/19:24', '10.65.0.0/24:26', 'fd00:1234::/58:64'],
]

/** What a step does to etcd. */
interface On {
  keepCopy(): Promise<void>
  silence(host: string): Promise<void>
}

const runStep = async (one: Step, hosts: readonly HistoryHost[], on: On): Promise<void> => {
  const target = hosts[one.host % hosts.length]
  if (target === undefined) return
  switch (one.kind) {
    case 'join':
      return void (await target.join(one.count))
    case 'apply':
      return void (await target.apply(one.count))
    case 'attach':
      return target.attach(one.at)
    case 'detach':
      return target.detach(one.at)
    case 'move': {
      const network = target.networks[one.at % Math.max(1, target.networks.length)]
      if (network !== undefined) await again(target, network, await target.move(network))
      return
    }
    case 'reclaim': {
      const other = hosts[one.other % hosts.length]?.name ?? ''
      // As if nothing had kept the other host alive for a minute.
      if (one.silent) await on.silence(other)
      await target.reclaim(other)
      // The blocks that it took are the last that this host gets, so it asks for all.
      if (one.takes) await target.join(9)
      return
    }
    case 'pools':
      return void (await target.init(poolsOf[one.at] ?? []))
    case 'toggle':
      return target.toggle(one.what, one.signal)
    case 'release':
      return void (await target.release())
    case 'destroy':
      await target.endPrograms()
      return void (await target.destroy())
    case 'keep-copy':
      return on.keepCopy()
    case 'fault':
  }
}

/** Processes on a network that moved get their new addresses once they are attached again. */
const again = async (
  target: HistoryHost,
  network: string,
  { exitCode }: { readonly exitCode: number | null },
): Promise<void> => {
  if (exitCode !== 0) return
  const ofNetwork = target.attached.filter((one) => one.network === network)
  for (const one of ofNetwork) {
    await target.detach(target.attached.indexOf(one))
    await target.attach(target.networks.indexOf(network))
  }
}

/** Runs what the messages of `join` and `plan` tell the operator of a host to run. */
const settle = async (hosts: readonly HistoryHost[], faults: string[]): Promise<void> => {
  const changed = await hosts[0]?.init(poolsOf[2] ?? [])
  if (changed?.exitCode !== 0) faults.push(`the pools cannot be set: ${changed?.stderr}`)
  for (let round = 0; round < 3; round += 1)
    for (const one of hosts) {
      const joined = await one.join(6)
      if (joined.exitCode !== 0) faults.push(`${one.name} cannot join: ${joined.stderr}`)
      if (one.networks.length === 0) continue
      for (let turn = 0; turn < 3; turn += 1) {
        const planned = await one.run('plan', '--json', '--cluster', one.url)
        const { conflicts = [] } = fromJson<{
          readonly conflicts?: readonly { readonly kind: string; readonly network: string | null }[]
        }>(planned.stdout)
        const moving = [...new Set(conflicts.flatMap(({ network }) => network ?? []))]
        if (moving.length === 0) break
        for (const network of moving) await again(one, network, await one.move(network))
        if (turn === 2) faults.push(`${one.name} still has conflicts: ${JSON.stringify(conflicts)}`)
      }
      const applied = await one.apply(one.networks.length)
      if (applied.exitCode !== 0) faults.push(`${one.name} cannot apply: ${applied.stderr}${applied.stdout}`)
    }
}

/**
 * Runs one random history on a site, and leaves the site as it was.
 *
 * @param say - hears each command line
 * @returns what was broken; nothing: all promises were kept
 */
export const runHistory = async (
  site: MembersSite,
  cluster: string,
  seed: number,
  say: (line: string) => void,
): Promise<readonly string[]> => {
  const url = site.url(cluster)
  const before = new Map<string, Snapshot>()
  for (const { machine } of site.hosts) before.set(machine.name, await takeSnapshot(machine))
  const hosts = site.hosts.map((one) => createHistoryHost(one, url, () => isRestored, say))
  const faults: string[] = []
  let isRestored = false
  let active: SiteFault | null = null
  let left = 0
  const heal = async (): Promise<void> => {
    await active?.end()
    active = null
    await site.answers()
  }
  const on: On = {
    // A member that is paused or off cannot be copied.
    keepCopy: async () => (active === null ? keepCopy(site) : undefined),
    silence: async (name) => forgetAliveOn(site, cluster, name),
  }
  try {
    await hosts[0]?.init(poolsOf[0] ?? [])
    // Each host begins with a block and a network, or the history would mostly be refusals.
    for (const one of hosts) {
      await one.join(2)
      await one.apply(1)
      await one.attach(0)
    }
    await keepCopy(site)
    await site.answers()
    const [groups = []] = fc.sample(history, { numRuns: 1, seed })
    for (const group of groups) {
      const fault = group.find((one) => one.kind === 'fault')
      if (left <= 0 && active !== null) await heal()
      if (fault !== undefined && fault.kind === 'fault' && active === null) {
        say(`fault ${fault.fault} ${fault.at}`)
        isRestored ||= fault.fault === 'older-copy'
        active = await startSiteFault(site, fault.fault, fault.at)
        left = fault.lasts
      }
      const taken = new Set<number>()
      const chosen = group.filter((one) => {
        const at = one.host % hosts.length
        const isFirst = one.kind !== 'fault' && !taken.has(at)
        if (isFirst) taken.add(at)
        return isFirst
      })
      await Promise.all(chosen.map((one) => runStep(one, hosts, on)))
      left -= 1
    }
    await heal()
    faults.push(...(await lostAddresses(hosts)))
    for (const one of hosts) await one.endPrograms()
    await settle(hosts, faults)
    const [member] = site.members
    if (member === undefined) throw new Error('a site has a member')
    faults.push(...(await faultsOf(hosts, member, cluster)))
    for (const one of hosts) {
      const hadNetworks = one.networks.length > 0
      const destroyed = await one.destroy()
      if (hadNetworks && destroyed.exitCode !== 0) faults.push(`destroy on ${one.name}: ${destroyed.stderr}`)
      const released = await one.release()
      if (released.exitCode !== 0) faults.push(`release on ${one.name}: ${released.stderr}`)
    }
    for (const { machine } of site.hosts) {
      const now = await takeSnapshot(machine)
      for (const [part, text] of Object.entries(before.get(machine.name) ?? {}))
        if (text !== now[part]) faults.push(`${part} of ${machine.name} was ${text} and is ${now[part]}`)
    }
    const keys = await keysOf(member, cluster)
    for (const [block, of] of heldIn(keys)) faults.push(`${of} still holds ${block}`)
    for (const { key } of keys) if (/^(hosts|nodes)\//.test(key)) faults.push(`etcd still has ${key}`)
  } catch (error) {
    faults.push((error as Error).stack ?? String(error))
  } finally {
    await active?.end()
    for (const one of hosts) await one[Symbol.asyncDispose]()
  }
  return faults
}
