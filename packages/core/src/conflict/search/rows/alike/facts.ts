import type { HostFacts } from '@portolan/netfilter'
import { type Family, families, lastAddress } from '@portolan/netfilter'
import type { Host, Route, RouteTable } from '@portolan/netfilter/analysis'
import type { DesiredNetwork } from '../../../../contract/index.ts'
import type { Mentions } from './mentions.ts'
import { distance, eachOverlap, type Marked } from './overlaps.ts'

/** The host and the networks to describe. */
export interface FactsAsked {
  readonly networks: readonly DesiredNetwork[]
  /** The facts with the project's bridges. */
  readonly planned: HostFacts
  readonly host: Host
  readonly subnets: Readonly<Record<Family, readonly Marked[]>>
  /** What foreign rules name. */
  readonly foreign: Mentions
}

/** Describes each network by its interface, sysctls and routes. Networks that are alike get the same text. */
export const describeFacts = ({
  networks,
  planned,
  host,
  subnets,
  foreign,
}: FactsAsked): readonly string[] => {
  const descriptions = networks.map(({ bridge }): string[] => [linkKind(host, bridge)])
  const names = [...foreign.names]
  for (const { in: from, out } of planned.rules ?? [])
    for (const name of [from, out]) if (name) names.push(name)
  for (const [at, { bridge }] of networks.entries()) {
    const index = host.links.get(bridge)?.index ?? null
    for (const name of names)
      if (name === bridge || (name.endsWith('*') && bridge.startsWith(name.slice(0, -1))))
        descriptions[at]?.push(name)
    for (const { first, last } of foreign.indexes)
      if (index !== null && first <= index && index <= last) descriptions[at]?.push(`index ${first} ${last}`)
  }
  noteSysctls(networks, planned, descriptions)
  for (const family of families) noteRoutes(networks, host, family, subnets[family], descriptions)
  return descriptions.map((lines) => lines.sort().join('\n'))
}

const linkKind = (host: Host, bridge: string): string => {
  const link = host.links.get(bridge)
  const ports = (host.ports.get(bridge) ?? []).map((port) => [
    port.up,
    port.hairpin,
    port.isolated,
    port.kind,
  ])
  return JSON.stringify([
    link === undefined ? null : [link.up, link.kind, link.master, link.callsHooks, link.index === null],
    [...new Set(ports.map((port) => JSON.stringify(port)))].sort(),
  ])
}

const ofInterface = /^(net\.ipv[46]\.conf)\.([^.]+)\.(.+)$/

const noteSysctls = (
  networks: readonly DesiredNetwork[],
  { sysctls = {} }: HostFacts,
  descriptions: readonly string[][],
): void => {
  const places = new Map(networks.map(({ bridge }, at) => [bridge.replaceAll('.', '/'), at]))
  for (const [name, value] of Object.entries(sysctls)) {
    const [, stem, link = '', key] = ofInterface.exec(name) ?? []
    descriptions[places.get(link) ?? -1]?.push(`${stem} ${key} ${value}`)
  }
}

/**
 * Notes routes and the prefixes of routing rules. A prefix that covers a subnet is noted by its range, and a prefix
 * inside a subnet by its place within it.
 */
const noteRoutes = (
  networks: readonly DesiredNetwork[],
  { routers }: Host,
  family: Family,
  subnets: readonly Marked[],
  descriptions: readonly string[][],
): void => {
  if (subnets.length === 0) return
  const own = new Map(subnets.map((subnet) => [subnet.network, subnet]))
  const { tables, rules } = routers[family]
  for (const { from, to } of rules)
    for (const prefix of [from, to])
      if (prefix !== null) {
        const name = `rule ${prefix.base} ${prefix.length}`
        const range = { first: prefix.base, last: lastAddress(prefix).value }
        eachOverlap(subnets, range, (network, isWhole) =>
          descriptions[network]?.push(isWhole ? name : `alone ${network}`),
        )
      }
  for (const [id, table] of tables)
    for (const { base, last, routes } of routesIn(table))
      eachOverlap(subnets, { first: base, last }, (network, isWhole) => {
        const subnet = own.get(network)
        if (subnet === undefined) return
        const isCover = isWhole && (base !== subnet.first || last !== subnet.last)
        const where = isCover ? `${base} ${last}` : `+${distance(subnet.first, base)} ${distance(base, last)}`
        const bridge = networks[network]?.bridge
        const words = routes.map((route) => routeWords(route, bridge, subnet.first)).join()
        descriptions[network]?.push(`table ${id} ${where} ${words}`)
      })
}

const routeWords = (
  { type, link, gateway, source, metric }: Route,
  bridge: string | undefined,
  first: number | bigint,
): string =>
  [
    ...[type, link?.name === bridge ? '@bridge' : link?.name, link?.up, gateway, metric],
    source === null ? '' : link?.name === bridge ? distance(first, source) : source,
  ].join(' ')

function* routesIn({
  bits,
  buckets,
}: RouteTable): Generator<{ base: number | bigint; last: number | bigint; routes: readonly Route[] }> {
  for (const [length, bucket] of buckets.entries())
    for (const [base, routes] of bucket ?? [])
      yield {
        base,
        last:
          typeof base === 'number'
            ? base + 2 ** (bits - length) - 1
            : base + (1n << BigInt(bits - length)) - 1n,
        routes,
      }
}
