import { type DesiredNetwork, type DesiredState, ownAddresses } from '@portolan/core'
import { type Family, families } from '@portolan/netfilter'
import { chain, rule } from '../model/build.ts'
import {
  accept,
  concat,
  ct,
  drop,
  type Expression,
  element,
  goto,
  has,
  is,
  isNot,
  meta,
  nat,
  type Rule,
  returns,
  text,
} from '../model/index.ts'
import { fromChain, homeChain, joinedChain, maskChain, sourceChain, toChain } from '../model/object-name.ts'
import { toNetwork } from './network.ts'
import { addOpenings } from './opening.ts'
import { addElement, type PartsBuilder } from './parts.ts'
import { mapName } from './port-key.ts'
import { sources } from './source-translation.ts'
import { ownerComment } from './tag.ts'
import { untranslated, version } from './unmasqueraded.ts'

/**
 * The rules for new packets with one of our containers as source. Such packets pass only if they came in by the
 * bridge.
 */
const home = (network: DesiredNetwork, comment: string): readonly Rule[] => {
  const inside = is(meta('iifname'), text(network.bridge))
  const away = isNot(meta('oifname'), text(network.bridge))
  return [
    // In an isolated subnet the host is not a gateway, even for a container that sets up a route through the host.
    ...families
      .filter((family) => network[family]?.mode === 'isolated')
      .map((family) => rule(comment, version(family), inside, away, drop)),
    rule(comment, inside, returns),
    rule(comment, drop),
  ]
}

/**
 * The rules that stop packets from our containers on their way out of the bridge. Traffic within the bridge is left
 * alone.
 */
const leaving = (network: DesiredNetwork, comment: string): readonly Rule[] => {
  const away = isNot(meta('oifname'), text(network.bridge))
  if (network.internal) return [rule(comment, away, drop)]
  return families.flatMap((family) =>
    network[family]?.masquerade === true
      ? // No nat chain sees an invalid or untracked packet, so it would leave with a private source.
        [rule(comment, version(family), away, has(ct('state'), untranslated), drop)]
      : [],
  )
}

/**
 * Adds the rules for a project's containers on a foreign bridge. `addNetwork` looks packets up by bridge or subnet.
 * Here every lookup uses the container's address, so that no rule of ours applies to foreign containers or guests.
 *
 * @param direct - families in which ports of the containers are opened without translation
 */
export const addExternalNetwork = (
  parts: PartsBuilder,
  desired: DesiredState,
  network: DesiredNetwork,
  direct: ReadonlySet<Family>,
): void => {
  const { project } = desired
  const { bridge } = network
  const comment = ownerComment(project, network.name)
  const opened = addOpenings(parts, desired, network, comment)
  for (const family of families) {
    const subnet = network[family]
    if (subnet === null) continue
    const toSource = sources(network, comment)
    const stopped = leaving(network, comment)
    /** Adds an element that leads to a chain. The chain is added with the first such element. */
    const lead = (stem: string, key: Expression, name: string, rules: readonly Rule[]): void => {
      const joined = joinedChain(name, project)
      const isAdded = addElement(parts, mapName(stem, family, 'any'), element(key, goto(joined), comment))
      if (isAdded && !parts.chains.some((one) => one.name === joined)) parts.chains.push(chain(joined, rules))
    }
    for (const own of ownAddresses(desired, network, family)) {
      const [address, atBridge] = [text(own), concat(text(bridge), text(own))]
      lead('to_endpoint', atBridge, toChain(bridge), toNetwork(network, comment, direct, opened))
      if (toSource.length > 0) lead('source_to_endpoint', atBridge, sourceChain(bridge), toSource)
      else addElement(parts, mapName('source_to_endpoint', family, 'any'), element(atBridge, accept, comment))
      lead('home_endpoint', address, homeChain(bridge), home(network, comment))
      if (stopped.length > 0) lead('from_endpoint', atBridge, fromChain(bridge), stopped)
      if (!subnet.masquerade || network.internal) continue
      // Packets that stay on the bridge keep their source.
      const away = isNot(meta('oifname'), text(bridge))
      lead('masquerade_endpoint', address, maskChain(bridge), [rule(comment, away, nat('masquerade'))])
    }
  }
}
