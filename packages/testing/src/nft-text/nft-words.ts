import { ParseError } from '@portolan/netfilter'
import { NotSimulatedError } from '../fake-host/not-simulated-error.ts'

/** A word of nft's language, with its place; quotes are off, and `quoted` tells that there were some. */
export interface Word {
  readonly text: string
  readonly quoted: boolean
  /** From 1. */
  readonly line: number
}

const pieces = /"([^"\n]*)"|#[^\n]*|\n|[{};,]|[^\s{};,"]+/g

/** A text of nft as words. The end of a line ends a statement, as `;` does. */
export const nftWords = (text: string): readonly Word[] => {
  let line = 1
  const words: Word[] = []
  for (const [piece, inQuotes] of text.matchAll(pieces)) {
    if (piece.startsWith('#')) continue
    if (inQuotes !== undefined) words.push({ text: inQuotes, quoted: true, line })
    else words.push({ text: piece === '\n' ? ';' : piece, quoted: false, line })
    if (piece === '\n') line += 1
  }
  return words
}

/** Reads words one after another. */
export class WordReader {
  readonly #words: readonly Word[]
  #at = 0

  constructor(words: readonly Word[]) {
    this.#words = words
  }

  get ended(): boolean {
    return this.#at >= this.#words.length
  }

  peek(ahead = 0): string {
    const word = this.#words[this.#at + ahead]
    return word === undefined || word.quoted ? '' : word.text
  }

  /** @throws ParseError at the end of the text */
  next(): Word {
    const word = this.#words[this.#at]
    if (word === undefined)
      throw new ParseError(
        'The text ends too early: a closing brace is missing.',
        { source: 'nft list ruleset', line: this.#words.at(-1)?.line ?? 1, column: 1 },
        '',
      )
    this.#at += 1
    return word
  }

  /** Takes a word if it is the next one. */
  skip(text: string): boolean {
    if (this.peek() !== text) return false
    this.#at += 1
    return true
  }

  skipEnds(): void {
    while (this.skip(';'));
  }

  /** @throws NotSimulatedError when another word comes */
  expect(text: string): void {
    const word = this.next()
    if (word.text !== text || word.quoted) throw notRead(word, `"${text}" was expected`)
  }

  /** Words up to an end, which is taken. */
  untilEnd(): readonly Word[] {
    const found: Word[] = []
    let depth = 0
    for (;;) {
      const text = this.peek()
      if (depth === 0 && text === '}') return found
      const word = this.next()
      if (depth === 0 && text === ';') return found
      if (text === '{') depth += 1
      if (text === '}') depth -= 1
      if (text !== ';') found.push(word)
    }
  }
}

/** Refuses what is not understood, so that no rule is guessed at. */
export const notRead = (word: Word | undefined, why: string): NotSimulatedError =>
  new NotSimulatedError(
    word === undefined ? 'This text of nft' : `"${word.text}" in line ${word.line} of the text of nft`,
    `of nft's own language only plain rules are read, and ${why}`,
    'Give what "nft -j list ruleset" prints: that is read whole.',
  )
