import { families } from '@portolan/netfilter'
import { type Element, element, identity } from '../../model/index.ts'
import { mapName } from '../port-key.ts'

type Elements = ReadonlyMap<string, readonly Element[]>

/** The bridge in the key of an element that is looked up by bridge and address. */
export const bridgeOf = ({ key }: Element): string | null => {
  const [bridge] = key.kind === 'concat' ? key.parts : []
  return bridge?.kind === 'text' ? bridge.text : null
}

/** The elements that lead to our containers on foreign bridges. */
export const toEndpoints = (elements: Elements): readonly Element[] =>
  families.flatMap((family) => elements.get(mapName('to_endpoint', family, 'any')) ?? [])

/**
 * Adds foreign bridges with containers of ours to the set of container networks. Several projects may have containers
 * on one bridge. The set is made from all projects together, so the bridge stays as long as one of them has a container
 * there.
 */
export const withJoinedBridges = (elements: Elements): Elements => {
  const joined = toEndpoints(elements).flatMap((item) => bridgeOf(item) ?? [])
  if (joined.length === 0) return elements
  const bridges = new Map(
    (elements.get('bridges') ?? []).map((item): [string, Element] => [identity(item.key), item]),
  )
  for (const name of joined.toSorted()) {
    const item = element({ kind: 'text', text: name })
    if (!bridges.has(identity(item.key))) bridges.set(identity(item.key), item)
  }
  return new Map(elements).set('bridges', [...bridges.values()])
}
