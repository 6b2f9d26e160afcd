import type { OwnedNetwork } from '@portolan/core'
import { containsAddress, type Family, families, parseAddress, parsePrefix } from '@portolan/netfilter'
import { addNetwork } from '../compile/network.ts'
import { newParts, type Parts } from '../compile/parts.ts'
import { mapName } from '../compile/port-key.ts'
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
  const wanted = newParts()
  addNetwork(wanted, owned.project, owned.network, openedIn(owned, parts))
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
    if (known === undefined || !holds(known.rules, chain.rules)) chains.set(chain.name, chain)
  }
  return { ...parts, elements, chains: [...chains.values()] }
}

/**
 * A bridge does not tell which blocks of other hosts are left alone: where a network is masqueraded but for those, it is
 * not to be masqueraded as a whole beside.
 */
const isExempt = ({ elements, chains }: Parts, set: string, { key }: Element): boolean => {
  const family = families.find((one) => set === (one === 'ip' ? 'masquerade4' : 'masquerade6'))
  if (family === undefined) return false
  const beyond = elements.get(mapName('masquerade_beyond', family, 'any')) ?? []
  const found = beyond.find((one) => identity(one.key) === identity(key))
  const target = found === undefined ? null : targetOf(found)
  return target !== null && chains.some(({ name }) => name === target)
}

const identityOf = ({ data }: Element): string => (data === null ? '' : identity(data))
