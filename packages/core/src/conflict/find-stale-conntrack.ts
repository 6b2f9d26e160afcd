import type { DesiredMapping } from '../desired/index.ts'
import type { FlowFact, HostFacts } from '../facts/index.ts'
import type { Conflict } from './conflict.ts'
import { staleConntrack } from './stale-conntrack.ts'

/**
 * Mappings to whose host port flows are under way that somebody else has translated.
 *
 * @param ours - places that mappings of ours lead to already: their flows are forgotten when they go
 * @internal
 */
export const findStaleConntrack = (
  mappings: readonly DesiredMapping[],
  { flows = [], interfaces = [] }: HostFacts,
  ours: readonly { readonly address: string; readonly port: number }[],
): readonly Conflict[] => {
  if (flows.length === 0) return []
  const own = new Set(
    interfaces.flatMap(({ addresses = [] }) => addresses.map((text) => text.slice(0, text.indexOf('/')))),
  )
  const known = new Set(ours.map(({ address, port }) => `${address} ${port}`))
  return mappings.flatMap((mapping) => {
    if (mapping.kind !== 'nat') return []
    const targets = new Set(mapping.targets.map(({ address, port }) => `${address} ${port}`))
    const stale = flows.filter((flow) => {
      const place = `${flow.answeredBy?.address} ${flow.answeredBy?.port}`
      return isTo(mapping, flow, own) && !targets.has(place) && !known.has(place)
    })
    const [first] = stale
    return first === undefined ? [] : [staleConntrack(mapping, first, stale.length)]
  })
}

const isTo = (
  { family, protocol, hostAddress, hostPort }: DesiredMapping,
  flow: FlowFact,
  own: ReadonlySet<string>,
): boolean => {
  const { destination = '' } = flow
  if (flow.protocol !== protocol || flow.destinationPort !== hostPort) return false
  if (destination.includes(':') !== (family === 'ip6')) return false
  return hostAddress === null
    ? own.has(destination) || destination.startsWith('127.')
    : hostAddress === destination
}
