import { isNftIdentifier } from '@portolan/netfilter/advice'
import { checkReferences } from './check-references.ts'
import { type ListedBase, readBase, readPolicy } from './nft-base.ts'
import { readRule } from './nft-rule.ts'
import { readSet } from './nft-set.ts'
import type { NftType } from './nft-types.ts'
import { nftWords, notRead, refused, refusedFor, type Word, WordReader } from './nft-words.ts'
import type { TableScope } from './rule-scope.ts'

/**
 * Converts the text of `nft list ruleset` to what `nft -j list ruleset` would print. It reads tables with chains, sets
 * of one type, and plain rules: matches of addresses, ports, interfaces, marks and states, verdicts, translations to
 * one address.
 *
 * @param interfaces - the interfaces of the host, which `iif` and `oif` name
 * @throws ParseError for a text that nft refuses, NotSimulatedError naming the word that is not read
 */
export const nftListing = (text: string, interfaces: readonly string[]): string => {
  const reader = new WordReader(nftWords(text))
  const objects: object[] = []
  const numbers = new Numbers()
  const seen = new Names()
  reader.skipEnds()
  while (!reader.ended) {
    const word = reader.next()
    if (word.text === '}' || word.quoted) throw refused(word, 'expected "table" or the end of the text')
    if (word.text !== 'table') throw notRead(word, 'only tables are')
    objects.push(...readTable(reader, interfaces, numbers, seen))
    reader.expectEnd()
    reader.skipEnds()
  }
  return JSON.stringify({ nftables: [{ metainfo: { json_schema_version: 1 } }, ...objects] })
}

/** Handles, which nft numbers from 1. */
class Numbers {
  #last = 0

  next(): number {
    this.#last += 1
    return this.#last
  }
}

/** The names defined so far. nft joins two definitions of one name, and this reader refuses them. */
class Names {
  readonly #given = new Set<string>()

  give(word: Word, kind: string, of = ''): string {
    const { text } = word
    // No keyword of nft begins with _ or . (src/scanner.l, string).
    if (word.quoted || !isNftIdentifier(text.replace(/^[_.]+/, '')))
      throw refused(
        word,
        `expected the name of a ${kind}: letters, digits, "_", "-", "." and "/", and no word of nft's own`,
      )
    const key = `${kind} ${of} ${text}`
    if (this.#given.has(key))
      throw notRead(word, `the ${kind} is written twice, which is not joined`, 'Write it once.')
    this.#given.add(key)
    return text
  }
}

const families: readonly string[] = ['ip', 'ip6', 'inet', 'bridge']

const readFamily = (reader: WordReader): string => {
  if (reader.peek(1) === '{') return 'ip'
  const word = reader.next()
  if (!word.quoted && families.includes(word.text)) return word.text
  if (word.text === 'arp' || word.text === 'netdev') throw notRead(word, 'tables of this family are not')
  throw refused(word, `expected a family (${families.join(', ')}) and a name`)
}

const readTable = (
  reader: WordReader,
  interfaces: readonly string[],
  numbers: Numbers,
  seen: Names,
): readonly object[] => {
  const family = readFamily(reader)
  const name = seen.give(reader.next(), 'table', family)
  reader.expect('{')
  const scope: TableScope = { family, interfaces, jumps: [], sets: [], bound: [] }
  const objects: object[] = [{ table: { family, name, handle: numbers.next() } }]
  const rules: object[] = []
  const chains = new Map<string, ListedBase | null>()
  const sets = new Map<string, NftType>()
  for (;;) {
    reader.skipEnds()
    if (reader.skip('}')) break
    const kind = reader.next()
    const at = { family, table: name }
    const of = `${family} ${name}`
    if (kind.text === 'chain' && !kind.quoted) {
      const chain = seen.give(reader.next(), 'chain', of)
      const handle = numbers.next()
      const { base, read } = readChain(reader, scope, chain)
      chains.set(chain, base)
      objects.push({ chain: { ...at, name: chain, handle, ...base } })
      rules.push(...read.map((rule) => ({ rule: { ...at, chain, handle: numbers.next(), ...rule } })))
    } else if (kind.text === 'set' && !kind.quoted) {
      const word = reader.next()
      const set = seen.give(word, 'set', of)
      reader.expect('{')
      const { type, json } = readSet(reader, word, interfaces)
      sets.set(set, type)
      objects.push({ set: { ...at, name: set, handle: numbers.next(), ...json } })
    } else throw notRead(kind, 'a table has chains and sets alone')
    reader.expectEnd()
  }
  checkReferences(scope, chains, sets)
  return [...objects, ...rules]
}

interface ReadChain {
  readonly base: ListedBase | null
  readonly read: readonly object[]
}

const readChain = (reader: WordReader, scope: TableScope, chain: string): ReadChain => {
  let base: Omit<ListedBase, 'policy'> | null = null
  let policy: { readonly word: Word; readonly text: string } | null = null
  const read: object[] = []
  reader.expect('{')
  for (;;) {
    reader.skipEnds()
    if (reader.skip('}')) break
    switch (reader.peek()) {
      case 'type':
        if (base !== null) throw refusedFor(reader.next(), 'a chain has one type, one hook and one priority')
        base = readBase(reader, scope.family)
        reader.expectEnd()
        break
      case 'policy': {
        const word = reader.next()
        if (policy !== null) throw refusedFor(word, 'a chain has one policy')
        policy = { word, text: readPolicy(reader.next()) }
        reader.expectEnd()
        break
      }
      case 'comment':
        // The comment of a chain changes nothing.
        reader.next()
        reader.next()
        reader.expectEnd()
        break
      default:
        read.push(readRule(reader.untilEnd(), scope, chain))
    }
  }
  if (base === null && policy !== null)
    throw refusedFor(policy.word, 'a policy is for a chain with a type, a hook and a priority')
  return { base: base === null ? null : { ...base, policy: policy?.text ?? 'accept' }, read }
}
