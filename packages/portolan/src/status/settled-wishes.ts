import type { DesiredMapping, PublishedPort } from '@portolan/core'
import { socketKey } from '../live/wanted/socket-key.ts'
import { leadsAlike } from './mapping-lines.ts'
import type { Wish } from './wish.ts'

/**
 * The wishes without what is under way just now. A live host writes a port down a moment before the port is in force.
 * It removes the note a moment before the rule. A port is still to come if it is not in force and was not wanted at the
 * earlier reading: it is left out. A port is still to go if it is in force and was wanted at the earlier reading: it
 * stays.
 *
 * @param before - the wishes at the earlier reading
 * @param inForce - the ports published since then, by rules that were read before the wishes in `now`
 */
export const settledWishes = (
  before: readonly Wish[],
  now: readonly Wish[],
  inForce: readonly PublishedPort[],
): readonly Wish[] =>
  now.map((wish) => {
    const earlier = before.find(({ project }) => project === wish.project)
    const ports = bySocket(inForce.filter(({ project }) => project === wish.project))
    const [wanted, was] = [bySocket(wish.mappings), bySocket(earlier?.mappings ?? [])]
    const staying = wish.mappings.flatMap((mapping) => settled(mapping, was, ports))
    const going = (earlier?.mappings ?? []).filter((mapping) => {
      const key = socketKey(mapping)
      return !wanted.has(key) && ports.has(key)
    })
    const mappings = [...staying, ...going]
    const state = wish.desired ?? (going.length === 0 ? null : (earlier?.desired ?? null))
    if (state === null) return { ...wish, mappings }
    // The other mappings wait for a network that is gone.
    const led = new Set([...(earlier?.desired?.mappings ?? []), ...(wish.desired?.mappings ?? [])])
    return { ...wish, mappings, desired: { ...state, mappings: mappings.filter((one) => led.has(one)) } }
  })

const bySocket = <One extends PublishedPort | DesiredMapping>(
  ports: readonly One[],
): ReadonlyMap<string, One> => new Map(ports.map((port) => [socketKey(port), port]))

const settled = (
  mapping: DesiredMapping,
  was: ReadonlyMap<string, DesiredMapping>,
  ports: ReadonlyMap<string, PublishedPort>,
): readonly DesiredMapping[] => {
  const key = socketKey(mapping)
  const [earlier, port] = [was.get(key), ports.get(key)]
  // No rule tells that a direct port is in force.
  if (port === undefined) return earlier === undefined && mapping.kind === 'nat' ? [] : [mapping]
  const isComing = earlier !== undefined && leadsAlike(earlier, port) && !leadsAlike(mapping, port)
  return [isComing ? earlier : mapping]
}
