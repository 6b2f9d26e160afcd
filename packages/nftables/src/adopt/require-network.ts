import type { DesiredState, OwnedNetwork } from '@portolan/core'
import { containsAddress, type Family, families, parseAddress, parsePrefix } from '@portolan/netfilter'
import { addNetwork } from '../compile/network.ts'
import { addOpenings } from '../compile/opening.ts'
import { newParts, type Parts, type PartsBuilder } from '../compile/parts.ts'
import { mapName } from '../compile/port-key.ts'
import { ownerComment } from '../compile/tag.ts'
import { type Chain, type Element, identity, type Rule } from '../model/index.ts'
import { targetOf } from './yield-to.ts'

/** Families in which ports of a network's containers are open without translation. */
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

/** Are all of these rules there, in their order? Their project does not count: networks are shared. */
const holds = (rules: readonly Rule[], wanted: readonly Rule[]): boolean => {
  let at = 0
  for (const one of rules) {
    const next = wanted[at]
    if (next !== undefined && JSON.stringify(one.statements) === JSON.stringify(next.statements)) at += 1
  }
  return at === wanted.length
}

/** The parts with all that a network needs: what of it is there stays, what is missing is made anew. */
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
      // A prefix may be that of two networks, of which the first has it; a bridge is of one.
      if (known !== undefined && (item.key.kind !== 'text' || identityOf(known) === identityOf(item)))
        continue
      elements.set(set, [...held.filter((one) => !isWanted(one)), item])
    }
  const chains = new Map<string, Chain>(parts.chains.map((chain) => [chain.name, chain]))
  for (const chain of wanted.chains) {
    const known = chains.get(chain.name)
    // Of a chain that is there other hosts are not asked: its project may know of them only with its next apply.
    const needed = alone.chains.find(({ name }) => name === chain.name)?.rules ?? []
    if (known === undefined || !holds(known.rules, needed)) chains.set(chain.name, chain)
  }
  return { ...parts, elements, chains: [...chains.values()] }
}

/** What a network needs among the other hosts of a cluster. */
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
 * A bridge does not tell which blocks of other hosts are left alone: where a network is masqueraded but for those, it is
 * not to be masqueraded as a whole beside. Nor the other way round, until its project is applied again.
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
