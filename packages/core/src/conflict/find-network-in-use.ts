import {
  formatPrefix,
  type InterfaceFact,
  parseInterfaceAddress,
  prefixAround,
  prefixContains,
} from '@portolan/netfilter'
import type { PublishedPort } from '../contract/index.ts'
import { parseBridgeAlias } from '../contract/index.ts'
import type { Conflict } from './conflict.ts'
import { networkInUse } from './kind/network-in-use.ts'

/**
 * Finds Portolan bridges that will be removed while ports of remaining projects lead to them.
 *
 * @param others - the ports that stay published
 * @example
 * findNetworkInUse(bridgesThatGo, portsOfOthers)
 * @public @since 0.1.0
 */
export const findNetworkInUse = (
  removed: readonly InterfaceFact[],
  others: readonly PublishedPort[],
): readonly Conflict[] =>
  removed.flatMap((link) => {
    const prefixes = (link.addresses ?? [])
      .map((text) => parseInterfaceAddress(text))
      .map(({ address, length }) => formatPrefix(prefixAround(address, length)))
    const [first, ...more] = others.filter(({ targets }) =>
      targets.some(({ address }) => prefixes.some((prefix) => prefixContains(prefix, address))),
    )
    if (first === undefined) return []
    return [networkInUse(parseBridgeAlias(link.alias)?.network ?? '', link.name ?? '', [first, ...more])]
  })
