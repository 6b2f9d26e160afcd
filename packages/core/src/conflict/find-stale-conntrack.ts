import type { FlowFact, HostFacts } from '@portolan/netfilter'
import { tryParseAddress } from '@portolan/netfilter'
import { type Host, isLocalAddress, lookUpRoute, readHostFacts } from '@portolan/netfilter/analysis'
import type { DesiredMapping, DesiredState } from '../contract/index.ts'
import type { Conflict } from './conflict.ts'
import { staleConntrack } from './kind/stale-conntrack.ts'

/**
 * Finds mappings with open flows to their host port that a foreign rule has translated.
 *
 * @param ours - the targets of existing managed mappings: their flows are deleted when they go
 * @example
 * findStaleConntrack(desired, facts, [])
 * @public @since 0.1.0
 */
export const findStaleConntrack = (
  { project, mappings }: Pick<DesiredState, 'project' | 'mappings'>,
  facts: HostFacts,
  ours: readonly { readonly address: string; readonly port: number }[],
): readonly Conflict[] => {
  const { flows = [], interfaces = [] } = facts
  if (flows.length === 0) return []
  let host: Host | null = null
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
    const [first, ...others] = stale
    if (first === undefined) return []
    host ??= readHostFacts(facts)
    return [staleConntrack({ project, mapping, flows: [first, ...others], in: interfaceOf(host, first) })]
  })
}

/**
 * The interface that packets of a flow come in by, judged by the route back to their source: conntrack does not store
 * it. Null: not known, or made on the host.
 */
const interfaceOf = (host: Host, { source = '' }: FlowFact): string | null => {
  const address = tryParseAddress(source)
  if (address === null || isLocalAddress(host, address.family, address.value)) return null
  const router = host.routers[address.family]
  const back = { destination: address.value, source: null, in: 'lo', out: null, mark: 0 }
  return lookUpRoute(router, back).route?.link?.name ?? null
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
