import type { HostFacts, NetfilterRuleset, ValueRange } from '@portolan/netfilter'
import { type Family, families, ownerOf } from '@portolan/netfilter'
import type { AlikeSubnets, Host } from '@portolan/netfilter/analysis'
import type { DesiredNetwork, DesiredState } from '../../../../contract/index.ts'
import { addressValue, type Subnet } from '../subnets.ts'
import { describeFacts } from './facts.ts'
import { addMentions, type Mentions, type MentionsReader, noMentions } from './mentions.ts'
import { distance, eachOverlap, inOrder, type Marked, marked, overlapping, sharesAny } from './overlaps.ts'
import { describeOwnRules, type OwnName, type OwnNames, rangeToken } from './own-rules.ts'

/** Networks of a project that nothing on a host distinguishes: a finding for one holds for all. */
export interface AlikeNetworks {
  readonly networks: readonly [DesiredNetwork, ...DesiredNetwork[]]
  readonly subnets: Readonly<Record<Family, AlikeSubnets>>
}

/** The project's subnets by family and network, parsed. */
export type SubnetsOf = Readonly<Record<Family, ReadonlyMap<DesiredNetwork, Subnet>>>

/**
 * Groups networks that are defined alike and treated alike by rules, routes, interfaces and sysctls. A foreign rule
 * then names all of them or none, and the managed rules are the same for each. A network stays alone if any of these
 * names only a part of it.
 *
 * @param planned - the facts with the project's bridges
 */
export const alikeNetworks = (
  desired: DesiredState,
  planned: HostFacts,
  host: Host,
  rulesets: readonly NetfilterRuleset[],
  subnetsOf: SubnetsOf,
): ReadonlyMap<DesiredNetwork, AlikeNetworks> => {
  const { networks } = desired
  const kinds = new Map<string, [DesiredNetwork, ...DesiredNetwork[]]>()
  const descriptions =
    networks.length < 2 ? [''] : describeNetworks(desired, planned, host, rulesets, subnetsOf)
  for (const [at, network] of networks.entries()) {
    const kind = descriptions[at] ?? String(at)
    const known = kinds.get(kind)
    if (known === undefined) kinds.set(kind, [network])
    else known.push(network)
  }
  const found = new Map<DesiredNetwork, AlikeNetworks>()
  for (const of of kinds.values()) {
    const alike: AlikeNetworks = {
      networks: of,
      subnets: { ip: subnetsIn(of, subnetsOf.ip), ip6: subnetsIn(of, subnetsOf.ip6) },
    }
    for (const network of of) found.set(network, alike)
  }
  return found
}

const subnetsIn = (networks: readonly DesiredNetwork[], subnets: SubnetsOf[Family]): AlikeSubnets => ({
  subnets: networks
    .flatMap((network) => subnets.get(network) ?? [])
    .sort((a, b) => ((a.whole.starts[0] ?? 0) < (b.whole.starts[0] ?? 0) ? -1 : 1)),
})

/** Describes each network as text. Networks that are alike get the same text. */
const describeNetworks = (
  desired: DesiredState,
  planned: HostFacts,
  host: Host,
  rulesets: readonly NetfilterRuleset[],
  subnetsOf: SubnetsOf,
): readonly string[] => {
  const { networks } = desired
  const descriptions = networks.map((network): string[] => [ownKind(network, subnetsOf)])
  const subnets: Record<Family, readonly Marked[]> = { ip: [], ip6: [] }
  for (const family of families)
    subnets[family] = inOrder(
      networks.flatMap((network, at) => {
        const subnet = subnetsOf[family].get(network)
        return subnet === undefined ? [] : marked(subnet.whole, at)
      }),
    )
  const separate = (network: number): void => {
    descriptions[network]?.push(`alone ${network}`)
  }
  const note = (range: ValueRange, name: string): void =>
    eachOverlap(typeof range.first === 'number' ? subnets.ip : subnets.ip6, range, (network, isWhole) => {
      if (isWhole) descriptions[network]?.push(name)
      else separate(network)
    })
  for (const family of families) for (const network of overlapping(subnets[family])) separate(network)
  // On an external network, managed rules name the project's containers one by one, by address.
  for (const [at, { external }] of networks.entries()) if (external) separate(at)
  // An opening names one network, and lets packets reach only that one.
  const named = new Set(
    (desired.openings ?? []).flatMap(({ network, from }) => [
      network,
      ...('network' in from ? [from.network] : []),
    ]),
  )
  for (const [at, { name }] of networks.entries()) if (named.has(name)) separate(at)
  const names = ownNames(desired, subnetsOf)
  const concerns = ({ first, last }: ValueRange): boolean =>
    sharesAny(typeof first === 'number' ? subnets.ip : subnets.ip6, first, last)
  const foreign = mentionsIn(rulesets, concerns, (isOurs) => !isOurs)
  if (foreign.computes) for (const network of networks.keys()) separate(network)
  for (const [token, range] of foreign.ranges) note(range, token)
  // The managed chains also hold rules of other projects.
  for (const [token, range] of mentionsIn(rulesets, concerns, (isOurs) => isOurs).ranges)
    if (!names.of.has(token) && !names.targets.has(token)) note(range, token)
  const ofFacts = describeFacts({ networks, planned, host, subnets, foreign })
  const ofRules = describeOwnRules(rulesets, names, networks.length)
  return descriptions.map((lines, at) => [...lines, ofFacts[at], ofRules[at]].join('\n'))
}

/**
 * Describes how the project defines a network, without its name and addresses: networks defined alike get the same
 * text.
 */
const ownKind = (network: DesiredNetwork, subnetsOf: SubnetsOf): string =>
  JSON.stringify([
    { ...network, name: null, bridge: null, mtu: null, ip: null, ip6: null },
    ...families.map((family) => {
      const [subnet, known] = [network[family], subnetsOf[family].get(network)]
      if (subnet === null || known === undefined) return null
      const [first, last, gateway] = [known.whole.starts[0], known.whole.ends[0], known.gateway?.starts[0]]
      return [subnet.mode, subnet.masquerade, distance(first, last), distance(first, gateway)]
    }),
  ])

const ownNames = ({ networks, mappings, endpoints }: DesiredState, subnetsOf: SubnetsOf): OwnNames => {
  const of = new Map<string, OwnName>()
  for (const [network, one] of networks.entries()) {
    of.set(one.bridge, { network, as: 'bridge' })
    for (const family of families) {
      const subnet = subnetsOf[family].get(one)
      for (const [set, as] of [
        [subnet?.whole, 'subnet'],
        [subnet?.gateway, 'gateway'],
      ] as const) {
        const [first, last] = [set?.starts[0], set?.ends[0]]
        if (first !== undefined) of.set(rangeToken(first, last), { network, as })
      }
    }
  }
  const addresses = [
    ...mappings.flatMap(({ targets }) => targets.map(({ address }) => address)),
    ...endpoints.flatMap(({ ip, ip6 }) => [ip, ip6].filter((address) => address !== null)),
  ]
  const targets = new Set(
    addresses.map((address) => {
      const value = addressValue(address)
      return rangeToken(value, value)
    }),
  )
  return { of, targets }
}

const mentionsIn = (
  rulesets: readonly NetfilterRuleset[],
  concerns: MentionsReader['concerns'],
  isWanted: (isOurs: boolean) => boolean,
): Mentions => {
  const mentions = noMentions()
  const reader: MentionsReader = { mentions, seen: new Set(), concerns }
  for (const { tables } of rulesets)
    for (const table of tables)
      for (const chain of table.chains) {
        if (!isWanted(ownerOf(table, chain, null) === 'portolan')) continue
        for (const device of chain.base?.devices ?? []) mentions.names.add(device)
        for (const rule of chain.rules) addMentions(reader, rule)
      }
  return mentions
}
