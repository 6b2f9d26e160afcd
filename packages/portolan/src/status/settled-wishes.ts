import type { DesiredMapping, PublishedPort } from '@portolan/core'
import { socketKey } from '../live/ports/socket-key.ts'
import { leadsAlike } from './mapping-lines.ts'
import type { Wish } from './wish.ts'

/**
 * What is wanted, but for what is under way just now: a live host writes a port down a moment before it is in force, and
 * takes the note back a moment before the rule. A port that is neither in force nor was wanted at an earlier reading is
 * still to come; one that is in force and was wanted then is still to go.
 *
 * @param before - what was wanted at the earlier reading
 * @param inForce - what has been published since, by rules that were read before `now` was
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
    // The others wait for a network that is gone.
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
  // Of an open port no rule tells that it is in force.
  if (port === undefined) return earlier === undefined && mapping.kind === 'nat' ? [] : [mapping]
  const isComing = earlier !== undefined && leadsAlike(earlier, port) && !leadsAlike(mapping, port)
  return [isComing ? earlier : mapping]
}
