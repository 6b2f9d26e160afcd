import {
  type Chain,
  type Element,
  type Expression,
  KeyIndex,
  number,
  type OwnPortKeys,
  type Rule,
  text,
} from '../model/index.ts'

/**
 * The content of our table that belongs to projects; `assemble` derives the rest. Elements are listed by the name of
 * their set or map, in the order they were added.
 */
export interface Parts {
  readonly elements: ReadonlyMap<string, readonly Element[]>
  /** Chains that one mapping or network needs; each rule in them names its owner. */
  readonly chains: readonly Chain[]
  /** Rules that projects add to shared chains, by the name of the chain. */
  readonly rules: ReadonlyMap<string, readonly Rule[]>
}

/** Gathers parts while one project is compiled. */
export interface PartsBuilder {
  readonly elements: Map<string, Element[]>
  readonly chains: Chain[]
  readonly rules: Map<string, Rule[]>
  /** The keys of every element added, by the name of its set. */
  readonly keys: Map<string, KeyIndex<true>>
  /** Constants as expressions (`constantOf`). */
  readonly constants: Map<string | number, Expression>
  readonly portKeys: OwnPortKeys
  /** The address and port of the container expression made last; null before the first. */
  lastEnd: { readonly address: string; readonly port: number; readonly end: Expression } | null
}

/** The caches needed to make elements of mappings, without the parts themselves. */
export type ElementMaker = Pick<PartsBuilder, 'constants' | 'portKeys' | 'lastEnd'>

export const newMaker = (): ElementMaker => ({
  lastEnd: null,
  constants: new Map(),
  portKeys: { pages: null },
})

export const newParts = (): PartsBuilder => ({
  elements: new Map(),
  chains: [],
  rules: new Map(),
  keys: new Map(),
  ...newMaker(),
})

/**
 * A constant as an expression. A hundred thousand elements name the same addresses and ports, so each expression is
 * made once.
 */
export const constantOf = (
  { constants }: Pick<ElementMaker, 'constants'>,
  value: string | number,
): Expression => {
  const known = constants.get(value)
  if (known !== undefined) return known
  const made = typeof value === 'number' ? number(value) : text(value)
  constants.set(value, made)
  return made
}

const append = <Item>(lists: Map<string, Item[]>, name: string, item: Item): void => {
  const list = lists.get(name)
  if (list === undefined) lists.set(name, [item])
  else list.push(item)
}

/**
 * Adds an element. The first of two elements with one key stays, because the kernel would refuse the second (EEXIST).
 * @returns whether the element was added
 */
export const addElement = (parts: PartsBuilder, set: string, item: Element): boolean => {
  const keys = parts.keys.get(set) ?? new KeyIndex<true>()
  if (!keys.add(item.key, true)) return false
  const held = parts.elements.get(set)
  // A set enters both maps together with its first element.
  if (held !== undefined) held.push(item)
  else {
    parts.keys.set(set, keys)
    parts.elements.set(set, [item])
  }
  return true
}

export const addRule = (parts: PartsBuilder, chain: string, rule: Rule): void =>
  append(parts.rules, chain, rule)

export const isEmptyParts = (parts: Parts): boolean =>
  parts.elements.size === 0 && parts.chains.length === 0 && parts.rules.size === 0
