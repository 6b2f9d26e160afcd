import { Composer, type CST, type Document, Lexer, LineCounter, Parser } from 'yaml'

/**
 * The deepest nesting that a YAML text may have. A Compose file has some ten levels. The yaml package's composer
 * recurses, and so does this reader. Both would exhaust the stack at some hundred levels more.
 */
export const deepestYaml = 100

/**
 * The longest YAML text, in UTF-16 units. 10,000 services with ten lines each are some 3 million units. The yaml
 * package needs 30 to 40 times the text's length in memory.
 */
export const longestYaml: number = 16 * 2 ** 20

/**
 * The most lexical tokens (words, signs, spaces, ends of line) of a YAML text: some 80,000 ordinary lines. The yaml
 * package's time grows with the tokens: 4 microseconds for each token if each is an error.
 */
export const mostYamlTokens = 500_000

/** The most documents of a YAML text. Each costs as much as 20 tokens, and a Compose file has one or two. */
export const mostYamlDocuments = 1000

/** Why a text is not read, and the offset at which it exceeds a bound. */
export interface YamlExcess {
  readonly offset: number
  readonly why: string
}

/** The documents of a YAML text, or the bound that it exceeds. */
export type YamlDocuments =
  | { readonly kind: 'documents'; readonly documents: readonly Document[]; readonly lines: LineCounter }
  | { readonly kind: 'excess'; readonly excess: YamlExcess; readonly lines: LineCounter }

class Excess extends Error {
  readonly excess: YamlExcess
  constructor(excess: YamlExcess) {
    super(excess.why)
    this.excess = excess
  }
}

/**
 * Reads the documents of a YAML text as the yaml package's `parseAllDocuments` does. It stops where the text exceeds a
 * bound of time, memory or stack.
 */
export const readDocuments = (text: string): YamlDocuments => {
  const lines = new LineCounter()
  try {
    if (text.length > longestYaml)
      throw new Excess({ offset: 0, why: `it is longer than ${longestYaml / 2 ** 20} MiB` })
    const composer = new Composer({
      version: '1.2',
      schema: 'core',
      // The caller handles `<<`, because it keeps places.
      merge: false,
      // The caller checks this too, with a lookup. The parser walks all earlier keys for each key.
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: 'silent',
    })
    const documents: Document[] = []
    for (const document of composer.compose(tokensOf(text, lines))) {
      if (documents.length === mostYamlDocuments)
        throw new Excess({
          offset: document.range[0],
          why: `it has more than ${mostYamlDocuments} documents`,
        })
      documents.push(document)
    }
    return { kind: 'documents', documents, lines }
  } catch (error) {
    if (error instanceof Excess) return { kind: 'excess', excess: error.excess, lines }
    // A caller that is deep in its own stack may leave too little stack for a hundred levels.
    if (error instanceof RangeError)
      return { kind: 'excess', excess: { offset: 0, why: 'it is nested too deeply for the stack' }, lines }
    throw error
  }
}

/** The tokens that `Parser.parse` gives, checked one by one. */
const tokensOf = function* (text: string, lines: LineCounter): Generator<CST.Token, void> {
  const parser = new Parser(lines.addNewLine)
  lines.addNewLine(0)
  let count = 0
  for (const lexeme of new Lexer().lex(text)) {
    count += 1
    if (count > mostYamlTokens)
      throw new Excess({
        offset: parser.offset,
        why: `it has more than ${mostYamlTokens} words, signs, spaces and ends of line`,
      })
    yield* parser.next(lexeme)
    // One entry of the stack is the document, and one is the word that is being read.
    if (parser.stack.length > deepestYaml + 2)
      throw new Excess({
        offset: parser.offset,
        why: `it is nested too deeply, more than ${deepestYaml} levels`,
      })
  }
  yield* parser.end()
}
