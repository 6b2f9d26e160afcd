import type { HostFacts, NetfilterRuleset, ValueRange } from '@portolan/netfilter'
import { type Family, families, ownerOf } from '@portolan/netfilter'
import type { AlikeSubnets, Host } from '@portolan/netfilter/analysis'
import type { DesiredNetwork, DesiredState } from '../../../contract/index.ts'
import { addressValue, type Subnet } from '../subnets.ts'
import { describeFacts } from './facts.ts'
import { addMentions, type Mentions, type MentionsReader, noMentions } from './mentions.ts'
import { distance, eachOverlap, inOrder, type Marked, marked, overlapping, sharesAny } from './overlaps.ts'
import { describeOwnRules, type OwnName, type OwnNames, rangeToken } from './own-rules.ts'

/** Networks of a project that nothing on a host tells apart: what is found of one is true of all. */
export interface AlikeNetworks {
  readonly networks: readonly [DesiredNetwork, ...DesiredNetwork[]]
  readonly subnets: Readonly<Record<Family, AlikeSubnets>>
}

/** The project's subnets, read. */
export type SubnetsOf = Readonly<Record<Family, ReadonlyMap<DesiredNetwork, Subnet>>>

/**
 * Puts together the networks that are made alike, and that rules, routes, interfaces and sysctls treat alike: a rule of
 * another program names all of them or none, and our own rules have the same for each. A network of which any of these
 * names a part is alone.
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
  const told = networks.length < 2 ? [''] : tellApart(desired, planned, host, rulesets, subnetsOf)
  for (const [at, network] of networks.entries()) {
    const kind = told[at] ?? String(at)
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

/** What is told of each network: the same of two that are alike. */
const tellApart = (
  desired: DesiredState,
  planned: HostFacts,
  host: Host,
  rulesets: readonly NetfilterRuleset[],
  subnetsOf: SubnetsOf,
): readonly string[] => {
  const { networks } = desired
  const told = networks.map((network): string[] => [ownKind(network, subnetsOf)])
  const subnets: Record<Family, readonly Marked[]> = { ip: [], ip6: [] }
  for (const family of families)
    subnets[family] = inOrder(
      networks.flatMap((network, at) => {
        const subnet = subnetsOf[family].get(network)
        return subnet === undefined ? [] : marked(subnet.whole, at)
      }),
    )
  const alone = (network: number): void => {
    told[network]?.push(`alone ${network}`)
  }
  const note = (range: ValueRange, name: string): void =>
    eachOverlap(typeof range.first === 'number' ? subnets.ip : subnets.ip6, range, (network, isWhole) => {
      if (isWhole) told[network]?.push(name)
      else alone(network)
    })
  for (const family of families) for (const network of overlapping(subnets[family])) alone(network)
  // Our rules name the containers that the project has there, each by its address.
  for (const [at, { external }] of networks.entries()) if (external) alone(at)
  // What is named to reach one of them reaches that one alone.
  const named = new Set(
    (desired.openings ?? []).flatMap(({ network, from }) => [
      network,
      ...('network' in from ? [from.network] : []),
    ]),
  )
  for (const [at, { name }] of networks.entries()) if (named.has(name)) alone(at)
  const names = ownNames(desired, subnetsOf)
  const concerns = ({ first, last }: ValueRange): boolean =>
    sharesAny(typeof first === 'number' ? subnets.ip : subnets.ip6, first, last)
  const foreign = mentionsIn(rulesets, concerns, (isOurs) => !isOurs)
  if (foreign.computes) for (const network of networks.keys()) alone(network)
  for (const [token, range] of foreign.ranges) note(range, token)
  // Rules of other projects stand in our chains too.
  for (const [token, range] of mentionsIn(rulesets, concerns, (isOurs) => isOurs).ranges)
    if (!names.of.has(token) && !names.targets.has(token)) note(range, token)
  const ofFacts = describeFacts({ networks, planned, host, subnets, foreign })
  const ofRules = describeOwnRules(rulesets, names, networks.length)
  return told.map((lines, at) => [...lines, ofFacts[at], ofRules[at]].join('\n'))
}

/** What the project made the networks of, in words that are the same for networks that were made alike. */
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
