import type { ListedBase } from './nft-base.ts'
import type { NftType } from './nft-types.ts'
import { refused, refusedFor } from './nft-words.ts'
import type { BoundStatement, Reference, TableScope } from './rule-scope.ts'

type Chains = ReadonlyMap<string, ListedBase | null>

/**
 * Checks the references of a table as the kernel does when it loads one (net/netfilter/nf_tables_api.c,
 * `nft_chain_validate`): each chain and set exists, and each statement is allowed on the hooks that lead to it.
 *
 * @throws ParseError
 */
export const checkReferences = (
  { jumps, sets: references, bound }: TableScope,
  chains: Chains,
  sets: ReadonlyMap<string, NftType>,
): void => {
  for (const { word, type } of references) {
    const found = sets.get(word.text.slice(1))
    if (found === undefined) throw refused(word, `expected a set of this table (${listOf(sets)})`)
    if (found.name !== type.name)
      throw refusedFor(word, `the set ${word.text} is of ${found.name}, and this is ${type.expected}`)
  }
  for (const { word } of jumps) {
    const found = word.quoted ? undefined : chains.get(word.text)
    if (found === undefined) throw refused(word, `expected a chain of this table (${listOf(chains)})`)
    if (found !== null)
      throw refusedFor(word, `"${word.text}" has a hook of its own, and no rule leads to such a chain`)
  }
  const known = new Map<string, number>()
  for (const chain of chains.keys()) follow(chain, [], jumps, known)
  for (const [chain, base] of chains) if (base !== null) checkBound(base, reachedFrom(chain, jumps), bound)
}

const listOf = (names: ReadonlyMap<string, unknown>): string =>
  names.size === 0 ? 'it has none' : [...names.keys()].join(', ')

/** The deepest nesting of chains: NFT_JUMP_STACK_SIZE. */
const deepest = 16

/** @param known - the depth at which each chain was followed already */
const follow = (
  chain: string,
  way: readonly string[],
  jumps: readonly Reference[],
  known: Map<string, number>,
): void => {
  if ((known.get(chain) ?? -1) >= way.length) return
  for (const { word } of jumps.filter((jump) => jump.chain === chain)) {
    const before = [...way, chain]
    if (before.includes(word.text))
      throw refusedFor(word, `chain ${word.text} leads back to itself (${[...before, word.text].join(', ')})`)
    if (before.length >= deepest)
      throw refusedFor(word, `chains lead to one another at most ${deepest - 1} times, and this is one more`)
    follow(word.text, before, jumps, known)
  }
  known.set(chain, way.length)
}

const reachedFrom = (chain: string, jumps: readonly Reference[]): ReadonlySet<string> => {
  const reached = new Set([chain])
  for (const name of reached)
    for (const { word } of jumps.filter((jump) => jump.chain === name)) reached.add(word.text)
  return reached
}

/** The `validate` of each expression: net/netfilter/nft_nat.c, nft_masq.c, nft_redir.c, nft_reject.c. */
const hooksOf: Readonly<Record<string, readonly string[]>> = {
  dnat: ['prerouting', 'output'],
  redirect: ['prerouting', 'output'],
  snat: ['postrouting', 'input'],
  masquerade: ['postrouting'],
  reject: ['prerouting', 'input', 'forward', 'output'],
}

const checkBound = (
  { type, hook }: ListedBase,
  reached: ReadonlySet<string>,
  bound: readonly BoundStatement[],
): void => {
  for (const { word, kind, chain } of bound) {
    if (!reached.has(chain)) continue
    const hooks = hooksOf[kind] ?? []
    const needsNat = kind !== 'reject'
    if (needsNat && type !== 'nat')
      throw refusedFor(word, `"${kind}" is for chains of type nat, and a chain of type ${type} leads here`)
    if (!hooks.includes(hook))
      throw refusedFor(
        word,
        `"${kind}" is for the hooks ${hooks.join(', ')}, and a chain on ${hook} leads here`,
      )
  }
}
