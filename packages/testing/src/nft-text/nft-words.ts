import { ParseError } from '@portolan/netfilter'
import { NotSimulatedError } from '../not-simulated-error.ts'

/** A word of nft's language, with its place and without its quotes. `quoted` tells whether it had some. */
export interface Word {
  readonly text: string
  readonly quoted: boolean
  /** Whether it is the end of a line. Its text is then `;` too. */
  readonly newline: boolean
  /** Both from 1. */
  readonly line: number
  readonly column: number
}

const pieces = /"([^"\n]*)"|#[^\n]*|\n|[{};,"]|[^\s{};,"]+/g

/**
 * Splits a text of nft into words. The end of a line ends a statement, as `;` does.
 * @throws ParseError for a quote that does not end in its line
 */
export const nftWords = (text: string): readonly Word[] => {
  let line = 1
  let start = 0
  const words: Word[] = []
  for (const match of text.matchAll(pieces)) {
    const [piece, inQuotes] = match
    const place = { line, column: match.index - start + 1 }
    if (piece === '"') throw openQuote(place)
    if (piece === '\n') {
      line += 1
      start = match.index + 1
    }
    if (piece.startsWith('#')) continue
    if (inQuotes !== undefined) words.push({ ...place, text: inQuotes, quoted: true, newline: false })
    else words.push({ ...place, text: piece === '\n' ? ';' : piece, quoted: false, newline: piece === '\n' })
  }
  return words
}

type Place = Pick<Word, 'line' | 'column'>

/** How messages call the text. */
const source = 'nft list ruleset'

const openQuote = (place: Place): ParseError =>
  new ParseError(
    `a quote begins here and does not end in this line. Strings of nft have no escapes: the quote of a \\" ends the string. Close the string, or leave quotes out of it.`,
    { source, ...place },
    '"',
  )

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
    if (word === undefined) {
      const { line = 1, column = 1, text = '' } = this.#words.at(-1) ?? {}
      throw new ParseError(
        `the text ends too early: more is expected after this${text === '' ? '' : `, such as a closing brace`}.`,
        { source, line, column },
        text,
      )
    }
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

  skipNewlines(): void {
    while (this.#words[this.#at]?.newline === true) this.#at += 1
  }

  /** @throws ParseError when another word comes */
  expect(text: string): void {
    const word = this.next()
    if (word.text !== text || word.quoted) throw refused(word, `expected "${text}"`)
  }

  /** Takes the end of a statement. A closing brace ends it too, and is not taken. */
  expectEnd(): void {
    if (this.ended || this.peek() === '}') return
    const word = this.next()
    if (word.text !== ';' || word.quoted) throw refused(word, 'expected ";" or the end of the line')
  }

  /** The words up to the end of a statement. A `;` at the end is taken. */
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
      found.push(word)
    }
  }
}

const shown = ({ text, newline, quoted }: Word): string =>
  newline ? 'the end of the line' : quoted ? `the string "${text}"` : `"${text}"`

/**
 * The error for a text that nft refuses too.
 * @param expected - a clause: `expected a port from 0 to 65535`
 */
export const refused = (word: Word, expected: string): ParseError =>
  new ParseError(
    `nft takes no such text: ${expected}, found ${shown(word)}.`,
    { source, line: word.line, column: word.column },
    word.text,
  )

/** The error for a text that nft refuses too, where the word itself is not at fault. */
export const refusedFor = (word: Word, why: string): ParseError =>
  new ParseError(
    `nft takes no such text: ${why}.`,
    { source, line: word.line, column: word.column },
    word.text,
  )

/** The error for a text that is not understood, so that no rule is guessed at. */
export const notRead = (
  word: Word,
  why: string,
  advice = 'Give what "nft -j list ruleset" prints: that is read whole.',
): NotSimulatedError =>
  new NotSimulatedError(
    `${shown(word)} in line ${word.line}, column ${word.column} of the text of nft`,
    `of nft's own language only plain rules are read, and ${why}`,
    advice,
  )
