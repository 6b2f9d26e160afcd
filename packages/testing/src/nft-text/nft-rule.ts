import { readField, readList, readMatch } from './nft-match.ts'
import { readReject, readTranslation, redirectPort } from './nft-target.ts'
import type { Json } from './nft-value.ts'
import { notRead, refused, refusedFor, type Word, WordReader } from './nft-words.ts'
import { RuleScope, type TableScope } from './rule-scope.ts'

export { readList }

/** A rule as `nft -j` prints it, without its place. */
export interface ListedRule {
  readonly expr: readonly Json[]
  readonly comment?: string
}

/**
 * Reads a rule of nft's language.
 * @param table - the table of the rule, which notes the references of the rule
 * @throws ParseError for a text that nft refuses, NotSimulatedError for one that is not read
 */
export const readRule = (words: readonly Word[], table: TableScope, chain: string): ListedRule => {
  const reader = new WordReader(words.filter(({ newline }) => !newline))
  const scope = new RuleScope(table, chain)
  const expr: Json[] = []
  while (!reader.ended) {
    if (reader.peek() === 'comment') return { expr, comment: lastComment(reader, expr) }
    const first = reader.next()
    if (scope.end !== null)
      throw refusedFor(first, `"${first.text}" has no effect after "${scope.end}", which ends the rule`)
    expr.push(...readStatement(first, reader, scope))
  }
  return { expr }
}

/** The longest comment of a rule, in bytes: NFTNL_UDATA_COMMENT_MAXLEN. */
const longestComment = 128

const lastComment = (reader: WordReader, expr: readonly Json[]): string => {
  const word = reader.next()
  const comment = reader.next()
  if (expr.length === 0) throw refused(word, 'expected a match or a statement before a comment')
  if (Buffer.byteLength(comment.text) > longestComment)
    throw refused(comment, `expected a comment of at most ${longestComment} bytes`)
  if (!reader.ended) throw refused(reader.next(), 'expected the end of the rule after its comment')
  return comment.text
}

type Statement = (reader: WordReader, scope: RuleScope, word: Word) => readonly Json[]

const readStatement = (word: Word, reader: WordReader, scope: RuleScope): readonly Json[] => {
  if (word.quoted) throw refused(word, 'expected a match or a statement')
  const read = Object.hasOwn(statements, word.text) ? statements[word.text] : undefined
  return read === undefined ? readMatch(readField(word, reader), reader, scope) : read(reader, scope, word)
}

const verdict: Statement = (_reader, scope, { text }) => {
  scope.endWith(text)
  return [{ [text]: null }]
}

const jump: Statement = (reader, scope, { text }) => {
  const target = reader.next()
  scope.endWith(text)
  scope.refersToChain(target)
  return [{ [text]: { target: target.text } }]
}

const plain: Statement = (_reader, _scope, { text }) => [{ [text]: null }]

const statements: Readonly<Record<string, Statement>> = {
  accept: verdict,
  drop: verdict,
  return: verdict,
  continue: plain,
  notrack: plain,
  jump,
  goto: jump,
  masquerade: (_reader, scope, word) => {
    scope.translates(word)
    return [{ masquerade: null }]
  },
  counter: (reader) => {
    if (!reader.skip('packets')) return [{ counter: null }]
    const packets = count(reader.next())
    reader.expect('bytes')
    return [{ counter: { packets, bytes: count(reader.next()) } }]
  },
  log: (reader) => {
    if (!reader.skip('prefix')) return [{ log: null }]
    const prefix = reader.next()
    // NF_LOG_PREFIXLEN, with the zero at its end.
    if (Buffer.byteLength(prefix.text) > 127) throw refused(prefix, 'expected a prefix of at most 127 bytes')
    return [{ log: { prefix: prefix.text } }]
  },
  reject: readReject,
  dnat: readTranslation,
  snat: readTranslation,
  redirect: redirectPort,
}

const count = (word: Word): number => {
  const number = Number(word.text)
  if (word.quoted || !/^(?:0|[1-9]\d*)$/.test(word.text)) throw refused(word, 'expected a number')
  if (!Number.isSafeInteger(number)) throw notRead(word, 'counters beyond 2^53 are not')
  return number
}
