import type { DesiredMapping, DesiredNetwork, DesiredSubnet } from '@portolan/core'
import { type Family, families } from '@portolan/netfilter'
import { chain, rule } from '../model/build.ts'
import {
  accept,
  ct,
  drop,
  element,
  goto,
  has,
  is,
  isNot,
  jump,
  type ListExpression,
  meta,
  nat,
  payload,
  type Rule,
  reference,
  returns,
  type Statement,
  text,
  vmap,
} from '../model/index.ts'
import { fromChain, homeChain, isolatedChain, maskChain, sourceChain, toChain } from '../model/object-name.ts'
import { addElement, type PartsBuilder } from './parts.ts'
import { lookupKey, mapName } from './port-key.ts'
import { loopback, sources } from './source-translation.ts'
import { prefix, sourcesOf } from './sources.ts'
import { ownerComment } from './tag.ts'
import { unmasqueraded, version } from './unmasqueraded.ts'

const bridges = reference('bridges')
const states = (...names: readonly string[]): ListExpression => ({ kind: 'list', items: names.map(text) })

const echoRequest = (family: Family): Statement =>
  is(payload(family === 'ip' ? 'icmp' : 'icmpv6', 'type'), text('echo-request'))

/** The rules for flows that a routed or unprotected subnet lets in, beyond replies and translated flows. */
const openings = (
  family: Family,
  subnet: DesiredSubnet,
  network: DesiredNetwork,
  hasDirect: boolean,
): readonly (readonly Statement[])[] => {
  if (subnet.mode === 'nat-unprotected' && !network.internal) return [[version(family), accept]]
  if (subnet.mode !== 'routed') return []
  const published = vmap(lookupKey(family, 'host'), reference(`published${family === 'ip' ? '4' : '6'}`))
  return [...(hasDirect ? [[published]] : []), [isNot(meta('iifname'), bridges), echoRequest(family), accept]]
}

/**
 * The rules for each packet that would leave by the network's bridge. The loopback drops come before the accept for
 * established flows. A packet with an address of 127.0.0.0/8 from the wire would otherwise belong to an established
 * flow once its first packet got through.
 */
export const toNetwork = (
  network: DesiredNetwork,
  comment: string,
  direct: ReadonlySet<Family>,
  opened: readonly Rule[] = [],
): readonly Rule[] => {
  const r = (...statements: readonly Statement[]): Rule => rule(comment, ...statements)
  return [
    ...(network.internal ? [r(isNot(meta('iifname'), bridges), drop)] : []),
    // This rule is needed even without an IPv4 subnet: containers may give themselves IPv4 addresses.
    r(is(payload('ip', 'saddr'), loopback), drop),
    r(is(ct('ip daddr', 'original'), loopback), drop),
    r(has(ct('state'), states('established', 'related')), accept),
    r(has(ct('status'), text('dnat')), accept),
    // An untracked packet has no original destination. Its own destination is compared.
    r(is(payload('ip', 'daddr'), loopback), drop),
    ...opened,
    r(is(meta('iifname'), text(network.bridge)), network.icc ? accept : drop),
    ...families.flatMap((family) => {
      const subnet = network[family]
      if (subnet === null) return []
      return openings(family, subnet, network, direct.has(family)).map((statements) => r(...statements))
    }),
    r(drop),
  ]
}

/**
 * The rules for packets with a source in one of the network's subnets. Such packets pass only if they came in by the
 * bridge.
 */
const home = (network: DesiredNetwork, comment: string): readonly Rule[] => [
  rule(comment, is(meta('iifname'), text(network.bridge)), returns),
  rule(comment, drop),
]

/**
 * The rules of an isolated subnet. The host is not its gateway, but a container can still send packets to the bridge's
 * MAC address. Packets that come in by the bridge are not forwarded elsewhere, whatever their source.
 */
const kept = ({ bridge, ...subnets }: DesiredNetwork, comment: string): readonly Rule[] =>
  families
    .filter((family) => subnets[family]?.mode === 'isolated')
    .map((family) => rule(comment, version(family), isNot(meta('oifname'), text(bridge)), drop))

/**
 * Is the subnet known? A subnet of length 0 stands for an unknown subnet (`bridgeNetwork`), which is the home of no
 * source.
 */
const isKnown = ({ subnet }: DesiredSubnet): boolean => !subnet.endsWith('/0')

/** The families in which mappings open ports of a routed network. */
export const directFamilies = (
  network: DesiredNetwork,
  mappings: readonly DesiredMapping[],
): ReadonlySet<Family> =>
  new Set(
    mappings
      .filter(
        ({ kind, targets }) => kind === 'direct' && targets.some((target) => target.network === network.name),
      )
      .map(({ family }) => family),
  )

/**
 * Adds one network's chains, and the elements that lead to them.
 *
 * @param direct - families in which ports of the containers are opened without translation
 * @param opened - rules for what `links` and `reachable_from` name
 */
export const addNetwork = (
  parts: PartsBuilder,
  project: string,
  network: DesiredNetwork,
  direct: ReadonlySet<Family>,
  opened: readonly Rule[] = [],
): void => {
  const comment = ownerComment(project, network.name)
  const bridge = text(network.bridge)
  addElement(parts, 'bridges', element(bridge, null, comment))
  if (network.internal) addElement(parts, 'internal', element(bridge, null, comment))

  parts.chains.push(chain(toChain(network.bridge), toNetwork(network, comment, direct, opened)))
  addElement(parts, 'to_network', element(bridge, goto(toChain(network.bridge)), comment))

  const rules = sources(network, comment)
  if (rules.length > 0) parts.chains.push(chain(sourceChain(network.bridge), rules))
  const verdict = rules.length > 0 ? goto(sourceChain(network.bridge)) : accept
  addElement(parts, 'source_to_network', element(bridge, verdict, comment))

  const toHome = goto(homeChain(network.bridge))
  const claimed = families.filter((family) => {
    const subnet = network[family]
    if (subnet === null || !isKnown(subnet)) return false
    return addElement(
      parts,
      family === 'ip' ? 'home4' : 'home6',
      element(prefix(subnet.subnet), toHome, comment),
    )
  })
  if (claimed.length > 0) parts.chains.push(chain(homeChain(network.bridge), home(network, comment)))

  const keeping = kept(network, comment)
  if (keeping.length > 0) {
    parts.chains.push(chain(isolatedChain(network.bridge), keeping))
    addElement(parts, 'isolated', element(bridge, jump(isolatedChain(network.bridge)), comment))
  }

  const stopped = network.internal ? [] : unmasqueraded(network, comment)
  if (stopped.length > 0) {
    parts.chains.push(chain(fromChain(network.bridge), stopped))
    addElement(parts, 'from_network', element(bridge, goto(fromChain(network.bridge)), comment))
  }

  const beyond: Rule[] = []
  for (const family of families) {
    const subnet = network[family]
    if (subnet === null || !subnet.masquerade || network.internal) continue
    const own = prefix(subnet.subnet)
    const kept = sourcesOf(family, subnet.unmasqueraded ?? [])
    if (kept !== 'none' && kept !== 'everyone') {
      // One rule for all blocks: packets to another host of the cluster keep their source.
      beyond.push(rule(comment, isNot(payload(family, 'daddr'), kept), nat('masquerade')))
      const verdict = goto(maskChain(network.bridge))
      addElement(parts, mapName('masquerade_beyond', family, 'any'), element(own, verdict, comment))
      continue
    }
    addElement(parts, family === 'ip' ? 'masquerade4' : 'masquerade6', element(own, null, comment))
  }
  if (beyond.length > 0) parts.chains.push(chain(maskChain(network.bridge), beyond))
}
