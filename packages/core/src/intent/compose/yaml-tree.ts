import { ParseError, PortolanError, type SourcePosition } from '@portolan/netfilter'
import {
  type Document,
  isAlias,
  isScalar,
  isSeq,
  type LineCounter,
  type Node,
  type Scalar,
  type YAMLMap,
} from 'yaml'
import { anchorsOf } from './anchors.ts'
import type { Entry, MapTree, ScalarTree, Tree } from './tree.ts'
import { readDocuments } from './yaml-documents.ts'
import { explainYaml, isOddlyIndented, oddIndentWords, unprintableAt } from './yaml-words.ts'

interface Text {
  readonly text: string
  readonly source: string
  readonly lines: LineCounter
}

const snippetWidth = 60

const placeAt = ({ source, lines }: Text, offset: number): SourcePosition => {
  const { line, col } = lines.linePos(offset)
  return { source, line: Math.max(line, 1), column: Math.max(col, 1) }
}

const refuseAt = (text: Text, offset: number, message: string, cause?: unknown): ParseError => {
  const place = placeAt(text, offset)
  const line = text.text.split('\n')[place.line - 1] ?? ''
  const from = Math.max(0, place.column - snippetWidth)
  return new ParseError(message, place, line.slice(from, from + 2 * snippetWidth), { cause })
}

const tags = new Map<string | undefined, Tree['tag']>([
  ['!reset', 'reset'],
  ['!override', 'override'],
])

/**
 * Reads a whole number as Compose's YAML does (go-yaml, resolve.go), and returns it in decimal: `010` and `0o10` are 8,
 * `0x50` is 80, `1_000` is 1000. Null: the text is no such number, or is decimal already.
 */
const wholeNumber = (text: string): string | null => {
  const [, sign = '', digits = ''] =
    /^([+-]?)(0o?[0-7_]+|0x[\da-fA-F_]+|0b[01_]+|[1-9][\d_]*)$/.exec(text) ?? []
  const plain = digits.replaceAll('_', '').replace(/^0(?=[0-7])/, '0o')
  if (plain === '' || /^(0[oxb]|0)$/.test(plain)) return null
  const value = BigInt(plain)
  return digits === `${value}` ? null : `${sign}${value}`
}

const scalarTree = (node: Scalar, place: SourcePosition, text: Text): ScalarTree => {
  const plain = node.type === 'PLAIN' || node.type === undefined
  const isNull = plain && node.value === null
  const written = isNull ? '' : plain && node.source !== undefined ? node.source : String(node.value)
  const value = (plain && node.tag === undefined ? wholeNumber(written) : null) ?? written
  const start = (node.range?.[0] ?? 0) + (plain ? 0 : 1)
  const inset = text.text.startsWith(value, start) && !value.includes('\n') ? (plain ? 0 : 1) : null
  const typed = plain ? typedOf(node.value) : {}
  return { kind: 'scalar', text: value, isNull, ...typed, place, inset, tag: tags.get(node.tag) ?? null }
}

const typedOf = (value: unknown): Pick<ScalarTree, 'typed'> => {
  if (typeof value === 'boolean') return { typed: 'true or false' }
  return typeof value === 'number' || typeof value === 'bigint' ? { typed: 'a number' } : {}
}

/**
 * Is it a merge key of YAML 1.1 (yaml.org/type/merge.html), as Compose files use it? Own keys win, then the first
 * merged mapping.
 */
const isMergeKey = (key: unknown): boolean => isScalar(key) && key.type === 'PLAIN' && key.source === '<<'

const convert = (document: Document, text: Text): Tree => {
  const target = anchorsOf(document, (offset, message) => refuseAt(text, offset, message))
  const done = new Map<Node, Tree>()

  const tree = (written: Node): Tree => {
    const node = isAlias(written) ? target(written) : written
    const known = done.get(node)
    if (known !== undefined) return known
    const place = placeAt(text, node.range?.[0] ?? 0)
    const made = isScalar(node)
      ? scalarTree(node, place, text)
      : isSeq(node)
        ? ({
            kind: 'list',
            place,
            tag: tags.get(node.tag) ?? null,
            items: node.items.map((item) => tree(item as Node)),
          } as const)
        : mapTree(node as YAMLMap, place)
    done.set(node, made)
    return made
  }

  const mapTree = (node: YAMLMap, place: SourcePosition): MapTree => {
    const entries = new Map<string, Entry>()
    const merged: MapTree[] = []
    const seen = new Set<string>()
    for (const pair of node.items) {
      const written = pair.key as Node
      const key = isAlias(written) ? target(written) : written
      const offset = written?.range?.[0] ?? node.range?.[0] ?? 0
      if (!isScalar(key)) throw refuseAt(text, offset, 'expected a word as the key of a mapping')
      const keyPlace = placeAt(text, offset)
      const value: Tree =
        pair.value === null
          ? { kind: 'scalar', text: '', isNull: true, place: keyPlace, inset: null, tag: null }
          : tree(pair.value as Node)
      const name =
        key.type === 'PLAIN' && key.source !== undefined ? key.source : scalarTree(key, keyPlace, text).text
      if (isOddlyIndented(name)) throw refuseAt(text, offset, oddIndentWords)
      if (seen.has(name))
        throw refuseAt(text, offset, `"${name}" is written twice in one mapping: keep one of them`)
      seen.add(name)
      if (isMergeKey(key)) merged.push(...mergeSources(value, offset))
      else entries.set(name, { keyPlace, value })
    }
    for (const other of merged)
      for (const [key, entry] of other.entries) if (!entries.has(key)) entries.set(key, entry)
    return { kind: 'map', place, entries, tag: tags.get(node.tag) ?? null }
  }

  const mergeSources = (value: Tree, offset: number): readonly MapTree[] =>
    (value.kind === 'list' ? value.items : [value]).map((item) => {
      if (item.kind === 'map') return item
      throw refuseAt(text, offset, '`<<` merges a mapping or a list of mappings, and this is neither')
    })

  return tree(document.contents as Node)
}

/**
 * Reads YAML 1.2, and the merge keys of 1.1 that Compose files use. It returns one tree for each document of the text,
 * and leaves out documents without content.
 *
 * @throws ParseError for text that is not YAML, a key written twice, an alias without an anchor, an alias inside its
 * own anchor, aliases that would unfold to more than a million parts, and a text that is too long, too deep or has too
 * many tokens (`yaml-documents.ts`)
 */
export const readYaml = (text: string, source: string): readonly Tree[] => {
  const read = readDocuments(text)
  const whole: Text = { text, source, lines: read.lines }
  if (read.kind === 'excess')
    throw refuseAt(whole, read.excess.offset, `this cannot be read as YAML: ${read.excess.why}`)
  const odd = unprintableAt(text)
  if (odd !== -1)
    throw refuseAt(
      whole,
      odd,
      `the character U+${(text.codePointAt(odd) ?? 0).toString(16).toUpperCase().padStart(4, '0')} cannot stand in YAML: delete it, or write it as an escape in double quotes`,
    )
  try {
    const trees: Tree[] = []
    for (const document of read.documents) {
      const [error] = document.errors
      if (error?.code === 'RESOURCE_EXHAUSTION') throw refuseAt(whole, error.pos[0], tooDeep, error)
      if (error !== undefined) {
        const { message, offset } = explainYaml(text, error.pos[0], error.message)
        throw refuseAt(whole, offset, message, error)
      }
      if (document.contents !== null && !(isScalar(document.contents) && document.contents.value === null))
        trees.push(convert(document, whole))
    }
    return trees
  } catch (error) {
    if (error instanceof PortolanError) throw error
    // A caller that is deep in its own stack may leave too little stack for a hundred levels.
    throw refuseAt(whole, 0, tooDeep, error)
  }
}

const tooDeep = 'this cannot be read as YAML: it is nested too deeply'
