import { readList, readRule } from './nft-rule.ts'
import { nftWords, notRead, WordReader } from './nft-words.ts'

/**
 * What `nft -j list ruleset` would print, from the text of `nft list ruleset`: tables with chains, and sets of one type.
 * Of rules the plain ones: matches of addresses, ports, interfaces, marks and states, verdicts, translations to one
 * address.
 *
 * @throws NotSimulatedError naming the word that is not read
 */
export const nftListing = (text: string): string => {
  const reader = new WordReader(nftWords(text))
  const objects: object[] = []
  const numbers = new Numbers()
  reader.skipEnds()
  while (!reader.ended) {
    const word = reader.next()
    if (word.text !== 'table') throw notRead(word, 'only tables are')
    const family = reader.peek(1) === '{' ? 'ip' : reader.next().text
    const name = reader.next().text
    reader.expect('{')
    objects.push({ table: { family, name, handle: numbers.next() } })
    const rules: object[] = []
    for (;;) {
      reader.skipEnds()
      if (reader.skip('}')) break
      const kind = reader.next()
      const at = { family, table: name }
      if (kind.text === 'chain') objects.push(readChain(reader, at, numbers, rules))
      else if (kind.text === 'set') objects.push(readSet(reader, at, numbers))
      else throw notRead(kind, 'a table has chains and sets alone')
    }
    objects.push(...rules)
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

interface Place {
  readonly family: string
  readonly table: string
}

const readChain = (reader: WordReader, at: Place, numbers: Numbers, rules: object[]): object => {
  const name = reader.next().text
  const handle = numbers.next()
  let base: object = {}
  reader.expect('{')
  for (;;) {
    reader.skipEnds()
    if (reader.skip('}')) return { chain: { ...at, name, handle, ...base } }
    if (reader.peek() === 'type' && reader.peek(2) === 'hook') base = readBase(reader)
    else {
      const rule = readRule(reader.untilEnd(), at.family)
      rules.push({ rule: { ...at, chain: name, handle: numbers.next(), ...rule } })
    }
  }
}

/** man 8 nft, CHAINS: the names of priorities. */
const priorities: Readonly<Record<string, number>> = {
  raw: -300,
  mangle: -150,
  dstnat: -100,
  filter: 0,
  security: 50,
  srcnat: 100,
}

const readBase = (reader: WordReader): object => {
  reader.expect('type')
  const type = reader.next().text
  reader.expect('hook')
  const hook = reader.next().text
  reader.expect('priority')
  const word = reader.next()
  const named = priorities[word.text]
  const first = named ?? Number(word.text)
  if (Number.isNaN(first)) throw notRead(word, 'it names no priority')
  let prio = first
  if (reader.peek() === '+' || reader.peek() === '-') {
    const sign = reader.next().text === '+' ? 1 : -1
    prio += sign * Number(reader.next().text)
  }
  reader.skipEnds()
  const policy = reader.skip('policy') ? reader.next().text : 'accept'
  return { type, hook, prio, policy }
}

const readSet = (reader: WordReader, at: Place, numbers: Numbers): object => {
  const name = reader.next().text
  let set: object = { ...at, name, handle: numbers.next() }
  reader.expect('{')
  for (;;) {
    reader.skipEnds()
    if (reader.skip('}')) return { set }
    const word = reader.next()
    if (word.text === 'type')
      set = {
        ...set,
        type: reader
          .untilEnd()
          .map(({ text }) => text)
          .join(' '),
      }
    else if (word.text === 'flags')
      set = { ...set, flags: reader.untilEnd().flatMap(({ text }) => (text === ',' ? [] : [text])) }
    else if (word.text === 'auto-merge') set = { ...set, 'auto-merge': true }
    else if (word.text === 'elements') {
      reader.expect('=')
      reader.expect('{')
      set = { ...set, elem: readList(reader) }
    } else throw notRead(word, 'a set has a type, flags and elements')
  }
}
