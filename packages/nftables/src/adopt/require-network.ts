import type { DesiredState, OwnedNetwork } from '@portolan/core'
import { containsAddress, type Family, families, parseAddress, parsePrefix } from '@portolan/netfilter'
import { addNetwork } from '../compile/network.ts'
import { addOpenings } from '../compile/opening.ts'
import { newParts, type Parts, type PartsBuilder } from '../compile/parts.ts'
import { mapName } from '../compile/port-key.ts'
import { ownerComment } from '../compile/tag.ts'
import { type Chain, type Element, identity, type Rule } from '../model/index.ts'
import { targetOf } from './yield-to.ts'

/** The families in which container ports of a network are open without translation. */
const openedIn = ({ network }: OwnedNetwork, { elements }: Parts): ReadonlySet<Family> =>
  new Set(
    families.filter((family) => {
      const subnet = network[family]
      if (subnet === null) return false
      const prefix = parsePrefix(subnet.subnet)
      return (elements.get(mapName('published', family, 'any')) ?? []).some(({ key }) => {
        const [address] = key.kind === 'concat' ? key.parts : []
        return address?.kind === 'text' && containsAddress(prefix, parseAddress(address.text))
      })
    }),
  )

/** Does the list hold all wanted rules in this order? Owners are not compared, because projects share networks. */
const holds = (rules: readonly Rule[], wanted: readonly Rule[]): boolean => {
  let at = 0
  for (const one of rules) {
    const next = wanted[at]
    if (next !== undefined && JSON.stringify(one.statements) === JSON.stringify(next.statements)) at += 1
  }
  return at === wanted.length
}

/** Adds whatever a network needs and the parts lack. Parts that are already there stay. */
export const requireNetwork = (parts: Parts, owned: OwnedNetwork): Parts => {
  const direct = openedIn(owned, parts)
  const alone = newParts()
  addNetwork(alone, owned.project, owned.network, direct)
  const wanted = owned.among === undefined ? alone : partsAmong(owned.project, owned.among, direct)
  const elements = new Map(parts.elements)
  for (const [set, items] of wanted.elements)
    for (const item of items) {
      if (isExempt(parts, set, item)) continue
      const held = elements.get(set) ?? []
      const isWanted = ({ key }: Element): boolean => identity(key) === identity(item.key)
      const known = held.find(isWanted)
      // Two networks may share a prefix, and the first one keeps its element. A bridge belongs to one network, so there
      // the new element replaces an element of another owner.
      if (known !== undefined && (item.key.kind !== 'text' || identityOf(known) === identityOf(item)))
        continue
      elements.set(set, [...held.filter((one) => !isWanted(one)), item])
    }
  const chains = new Map<string, Chain>(parts.chains.map((chain) => [chain.name, chain]))
  for (const chain of wanted.chains) {
    const known = chains.get(chain.name)
    // The rules for other hosts of the cluster are not required in a chain that is there. Its project may learn of
    // those hosts only with its next apply.
    const needed = alone.chains.find(({ name }) => name === chain.name)?.rules ?? []
    if (known === undefined || !holds(known.rules, needed)) chains.set(chain.name, chain)
  }
  return { ...parts, elements, chains: [...chains.values()] }
}

/** The parts that a network needs among the other hosts of a cluster. */
const partsAmong = (
  project: string,
  { network, openings }: NonNullable<OwnedNetwork['among']>,
  direct: ReadonlySet<Family>,
): PartsBuilder => {
  const desired: DesiredState = {
    ...{ project, networks: [network], openings },
    ...{ endpoints: [], mappings: [], guardForwarding: false },
  }
  const parts = newParts()
  const opened = addOpenings(parts, desired, network, ownerComment(project, network.name))
  addNetwork(parts, project, network, direct, opened)
  return parts
}

/**
 * Does another element already decide on masquerading this prefix? A bridge does not describe the blocks of other hosts
 * that keep their source. A network masqueraded except towards those blocks must not also be masqueraded as a whole.
 * The reverse holds too, until its project is applied again.
 */
const isExempt = ({ elements, chains }: Parts, set: string, { key }: Element): boolean => {
  for (const family of families) {
    const whole = family === 'ip' ? 'masquerade4' : 'masquerade6'
    const beyond = mapName('masquerade_beyond', family, 'any')
    const found = (elements.get(set === whole ? beyond : whole) ?? []).find(
      (one) => identity(one.key) === identity(key),
    )
    if (found === undefined) continue
    if (set === beyond) return true
    const target = set === whole ? targetOf(found) : null
    if (target !== null && chains.some(({ name }) => name === target)) return true
  }
  return false
}

const identityOf = ({ data }: Element): string => (data === null ? '' : identity(data))
