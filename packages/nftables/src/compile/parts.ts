import {
  type Chain,
  concat,
  type Element,
  type Expression,
  KeyIndex,
  number,
  type Rule,
  text,
} from '../model/index.ts'

/**
 * What projects own of our table; all the rest follows from it (`assemble`). Elements are in the order they
 * were added, by the name of their set or map.
 */
export interface Parts {
  readonly elements: ReadonlyMap<string, readonly Element[]>
  /** Chains that only one mapping or network needs; each of their rules names the owner. */
  readonly chains: readonly Chain[]
  /** Rules that stand in a chain all projects share, by that chain's name. */
  readonly rules: ReadonlyMap<string, readonly Rule[]>
}

/** Gathers parts while one project is compiled. */
export interface PartsBuilder {
  readonly elements: Map<string, Element[]>
  readonly chains: Chain[]
  readonly rules: Map<string, Rule[]>
  /** The keys of every element added, by the name of its set. */
  readonly keys: Map<string, KeyIndex<true>>
  /** A constant as an expression. A hundred thousand elements name the same address and ports: each is made once. */
  readonly constant: (value: string | number) => Expression
  /** The key of a port on every address, `tcp . 8080`. A network of both families has each in two maps. */
  readonly portKey: (protocol: string, port: number) => Expression
  /** The container's port that was made last. */
  lastEnd: { readonly address: string; readonly port: number; readonly end: Expression } | null
}

export const newParts = (): PartsBuilder => {
  const constants = new Map<string | number, Expression>()
  const constant: PartsBuilder['constant'] = (value) => {
    const known = constants.get(value)
    if (known !== undefined) return known
    const made = typeof value === 'number' ? number(value) : text(value)
    constants.set(value, made)
    return made
  }
  return {
    elements: new Map(),
    chains: [],
    rules: new Map(),
    keys: new Map(),
    lastEnd: null,
    constant,
    portKey: portKeys(constant),
  }
}

/** By the upper half of a port and the lower: one list of all ports takes half a megabyte, and most projects have a few. */
const portKeys = (constant: PartsBuilder['constant']): PartsBuilder['portKey'] => {
  const known = new Map<string, Map<number, Expression[]>>()
  return (protocol, port) => {
    const pages = known.get(protocol) ?? new Map<number, Expression[]>()
    if (pages.size === 0) known.set(protocol, pages)
    const page = pages.get(port >> 8) ?? []
    if (page.length === 0) pages.set(port >> 8, page)
    const key = page[port & 0xff] ?? concat(constant(protocol), number(port))
    page[port & 0xff] = key
    return key
  }
}

const append = <Item>(lists: Map<string, Item[]>, name: string, item: Item): void => {
  const list = lists.get(name)
  if (list === undefined) lists.set(name, [item])
  else list.push(item)
}

/**
 * Adds an element; of two with one key the first stays, as the kernel would have it (EEXIST).
 * @returns whether it was added
 */
export const addElement = (parts: PartsBuilder, set: string, item: Element): boolean => {
  const keys = parts.keys.get(set) ?? new KeyIndex<true>()
  if (keys.get(item.key) === true) return false
  keys.set(item.key, true)
  parts.keys.set(set, keys)
  append(parts.elements, set, item)
  return true
}

export const addRule = (parts: PartsBuilder, chain: string, rule: Rule): void =>
  append(parts.rules, chain, rule)

export const isEmptyParts = (parts: Parts): boolean =>
  parts.elements.size === 0 && parts.chains.length === 0 && parts.rules.size === 0
