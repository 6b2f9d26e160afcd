import type { Family } from '@portolan/netfilter'
import type { NftType } from './nft-types.ts'
import { refusedFor, type Word } from './nft-words.ts'

/** A place in the text that names a chain or a set, which may come later. */
export interface Reference {
  readonly word: Word
  readonly chain: string
}

export interface SetReference {
  readonly word: Word
  readonly type: NftType
}

/** A statement that only base chains on some hooks may lead to. */
export interface BoundStatement extends Reference {
  readonly kind: string
}

/** The references of a table's chains. They are checked when the table ends. */
export interface TableScope {
  readonly family: string
  /** The interfaces of the host. */
  readonly interfaces: readonly string[]
  readonly jumps: Reference[]
  readonly sets: SetReference[]
  readonly bound: BoundStatement[]
}

/** What the matches of a rule tell so far about its packets. nft refuses matches that contradict each other. */
export class RuleScope {
  readonly table: TableScope
  readonly #chain: string
  /** The statement that ends the rule; null: none so far. */
  end: string | null = null
  /** The network layer of the packets; null: not known. */
  family: Family | null
  /** The transport layer of the packets; `several` for a set; null: not known. */
  protocol: string | null = null

  constructor(table: TableScope, chain: string) {
    this.table = table
    this.#chain = chain
    this.family = table.family === 'ip' || table.family === 'ip6' ? table.family : null
  }

  endWith(statement: string): void {
    this.end = statement
  }

  refersToChain(word: Word): void {
    this.table.jumps.push({ word, chain: this.#chain })
  }

  refersToSet(word: Word, type: NftType): void {
    this.table.sets.push({ word, type })
  }

  /** Notes a statement that only some hooks take, such as a translation. */
  binds(word: Word): void {
    this.table.bound.push({ word, chain: this.#chain, kind: word.text })
    this.endWith(word.text)
  }

  translates(word: Word): void {
    if (!['ip', 'ip6', 'inet'].includes(this.table.family))
      throw refusedFor(word, `a table of family ${this.table.family} translates nothing`)
    this.binds(word)
  }

  ofFamily(word: Word, family: Family): void {
    if (this.family !== null && this.family !== family)
      throw refusedFor(word, `"${word.text}" is of ${family}, and these packets are of ${this.family}`)
    this.family = family
  }

  ofProtocol(word: Word, protocol: string): void {
    if (this.protocol !== null && this.protocol !== 'several' && this.protocol !== protocol)
      throw refusedFor(word, `"${word.text}" is of ${protocol}, and these packets are of ${this.protocol}`)
    this.protocol = protocol
  }

  /** Refuses a translation to a port where the protocol is not known. */
  needsProtocol(word: Word): void {
    if (this.protocol === null)
      throw refusedFor(
        word,
        'a translation to a port has a match of the protocol before it, such as "meta l4proto tcp"',
      )
  }
}
