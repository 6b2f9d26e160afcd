import fc from 'fast-check'
import type { BlockStore } from '../../src/index.ts'
import { type clusterOn, had } from './cluster-on.ts'

type Cluster = Awaited<ReturnType<typeof clusterOn<BlockStore>>>

const hosts = ['a', 'b', 'c', 'd', 'e']

/**
 * Runs rounds in which five hosts at once claim more, claim a named block that may be another's, release something, or
 * ask again. The shares are those of Weave's fuzz test. After the rounds every revision is checked.
 */
export const disorder = async (cluster: Cluster, rounds: number) => {
  const drawn = fc.sample(fc.noBias(fc.nat(9_999)), rounds * hosts.length * 2)
  const number = (): number => (drawn.pop() ?? 0) / 10_000
  const { revision } = await cluster.store.read()
  const own = new Map(hosts.map((host) => [host, [] as readonly string[]]))
  const faults: string[] = []
  const act = async (host: string, chance: number, place: number): Promise<void> => {
    const mine = own.get(host) ?? []
    const some = mine[Math.floor(place * mine.length)]
    if (chance < 0.4 && mine.length < 12) {
      own.set(host, await cluster.blocksOf(host, { count: mine.length + 1 }))
    } else if (chance < 0.8 && some !== undefined) {
      await cluster.release(host, [some])
      own.set(
        host,
        mine.filter((block) => block !== some),
      )
    } else if (chance < 0.95) {
      const again = await cluster.blocksOf(host, { count: mine.length })
      if (again.join() !== mine.join()) faults.push(`${host} had ${mine.join()} and now ${again.join()}`)
    } else if (mine.length < 12) {
      const at = Math.floor(place * 64) * 16
      const wanted = `10.4.${at >> 8}.${at & 255}/28`
      own.set(host, await cluster.blocksOf(host, { count: mine.length + 1, remembered: [had(wanted)] }))
    }
  }
  for (let round = 0; round < rounds; round += 1)
    await Promise.all(hosts.map((host) => act(host, number(), number())))
  const history = await cluster.history(revision + 1)
  const owners = new Map<string, string>()
  for (const { key, host, state } of history) {
    const before = owners.get(key)
    if (before !== undefined && before !== host) faults.push(`${key} went from ${before} to ${host}`)
    if (state === 'held' && host !== null) owners.set(key, host)
    else owners.delete(key)
  }
  const now = hosts.flatMap((host) => own.get(host) ?? [])
  if (new Set(now).size !== now.length) faults.push(`one of ${now.join()} is of two hosts`)
  if (owners.size !== now.length) faults.push(`${owners.size} are held, and hosts know of ${now.length}`)
  const count = (wanted: string): number => history.filter(({ state }) => state === wanted).length
  return { faults, claimed: count('held'), released: count('released') }
}
