import type { Match } from '../../model/option/match.ts'
import type { Target } from '../../model/option/target.ts'
import type { Rule } from '../../model/ruleset.ts'
import { grammar } from '../grammar/grammar.ts'
import { matchGrammar } from '../grammar/match/match-grammars.ts'
import { targetGrammar } from '../grammar/target/target-grammars.ts'
import { type ConditionOption, coreMatch } from './core-match.ts'
import { type Extension, openExtension, readMatch, readTarget, takeOption } from './extension.ts'
import { plainSegment } from './plain-segment.ts'
import { splitWords } from './split-words.ts'
import { matchSegment, protocolOf, ranks, type Segment, type TableContext } from './table-context.ts'

const conditions: Readonly<Record<string, ConditionOption>> = {
  s: 'source',
  d: 'destination',
  i: 'in',
  o: 'out',
  p: 'protocol',
  f: 'fragment',
}

const noOptions = grammar([])

const condition = (
  option: ConditionOption,
  value: string,
  negated: boolean,
  context: TableContext,
): Segment | null => {
  if (value === '' ? option !== 'fragment' : /[\s",!]/.test(value)) return null
  const { rank, alternatives } = coreMatch(option, value, negated, context.family, '')
  const [match = null] = alternatives
  if (match?.kind === 'opaque') return null
  return { ...matchSegment(rank, match), protocol: option === 'protocol' ? protocolOf(match) : undefined }
}

const openSegment = (letter: string, name: string, context: TableContext): Extension | null => {
  const { family, chains } = context
  if (letter === 'm') {
    const known = matchGrammar(name, family)
    return known === undefined ? null : openExtension('match', name, '', known)
  }
  if (letter === 'g') return chains.has(name) ? openExtension('goto', name, '', noOptions) : null
  if (chains.has(name)) return openExtension('jump', name, '', noOptions)
  const known = targetGrammar(name, family)
  return known === undefined ? null : openExtension('target', name, '', known)
}

/** Reads a module or target that has all of its options, with full names, in its own segment. */
const extension = (letter: string, text: string, context: TableContext): Segment | null => {
  const words = splitWords(text)
  if (typeof words === 'number') return null
  const opened = openSegment(letter, words[1]?.text ?? '', context)
  if (opened === null || opened.grammar === null) return null
  let at = 2
  while (at < words.length) {
    const negated = words[at]?.text === '!' && words[at]?.quoted === false
    const word = words[negated ? at + 1 : at]
    if (word === undefined || word.quoted || !word.text.startsWith('--')) return null
    const option = opened.grammar.byName.get(word.text.slice(2))
    if (option === undefined) return null
    const { written, next } = takeOption(words, negated ? at + 2 : at + 1, option, null, negated)
    if (written === null) return null
    opened.written.push(written)
    at = next
  }
  if (opened.kind === 'match') {
    const { node, protocols } = readMatch(opened, context.family)
    return node === null ? null : { ...matchSegment(ranks.module, node), protocols }
  }
  const { node, protocols } = readTarget(opened, context.family)
  return node === null ? null : { ...matchSegment(ranks.target, null), target: node, protocols }
}

const readSegment = (text: string, context: TableContext): Segment | null => {
  const negated = text.startsWith('! ')
  const start = negated ? 2 : 0
  const letter = text.charAt(start + 1)
  const option = conditions[letter]
  if (option !== undefined) return condition(option, text.slice(start + 3).trimEnd(), negated, context)
  return negated ? null : extension(letter, text, context)
}

const space = 32
const quote = 34
const bang = 33
const dash = 45
const backslash = 92

const letters: ReadonlySet<number> = new Set(Array.from('dfgijmops', (letter) => letter.charCodeAt(0)))

/** Does an option of iptables itself begin here: `-i `, `! -i `? */
const beginsAt = (line: string, at: number): boolean => {
  const from = line.charCodeAt(at) === bang && line.charCodeAt(at + 1) === space ? at + 2 : at
  if (line.charCodeAt(from) !== dash || !letters.has(line.charCodeAt(from + 1))) return false
  return line.charCodeAt(from + 2) === space || from + 2 === line.length
}

/** The end of the segment that begins at `from`, in a line with quotes; -1 when a quote is not closed. */
const endAmongQuotes = (line: string, from: number): number => {
  for (let at = from + 1; at < line.length; at += 1) {
    const code = line.charCodeAt(at)
    if (code === quote) {
      at += 1
      while (at < line.length && line.charCodeAt(at) !== quote)
        at += line.charCodeAt(at) === backslash ? 2 : 1
      if (at >= line.length) return -1
    } else if (code === space && beginsAt(line, at + 1)) {
      return at
    }
  }
  return line.length
}

/** The same in a line without quotes, where searching for ` -` is enough. */
const endWithoutQuotes = (line: string, from: number): number => {
  let at = line.indexOf(' -', from)
  while (at >= 0 && !beginsAt(line, at + 1)) at = line.indexOf(' -', at + 2)
  if (at < 0) return line.length
  const negated = at - from >= 2 && line.charCodeAt(at - 1) === bang && line.charCodeAt(at - 2) === space
  return negated ? at - 2 : at
}

/** Reads a segment. It is remembered, except for kinds that rarely occur twice. */
const segmentOf = (text: string, context: TableContext): Segment | null => {
  const plain = plainSegment(text, context.family)
  if (plain !== null) return plain
  const { segments } = context.memory
  const known = segments.get(text)
  if (known !== undefined) return known
  const read = readSegment(text, context)
  segments.set(text, read)
  return read
}

/**
 * Reads a rule in the form and order of iptables-save. Whole segments are read, and each is remembered.
 *
 * @param from - the offset of the first option
 * @returns null for a line of another form; then `parseRule` reads it word by word
 */
export const parseListed = (line: string, from: number, context: TableContext): Rule | null => {
  const endOf = line.includes('"') ? endAmongQuotes : endWithoutQuotes
  const matches: Match[] = []
  let target: Target | null = null
  let protocol: string | null = null
  let rank = -1
  let at = from
  while (at < line.length) {
    if (target !== null || !beginsAt(line, at)) return null
    // The dash in `! -i` begins no segment of its own.
    const end = endOf(line, line.charCodeAt(at) === bang ? at + 2 : at)
    const segment = end < 0 ? null : segmentOf(line.slice(at, end), context)
    if (segment === null) return null
    const { rank: next, match, protocols } = segment
    if (next < rank || (next === rank && next < ranks.module)) return null
    if (protocols !== null && (protocol === null || !protocols.includes(protocol))) return null
    if (segment.protocol !== undefined) protocol = segment.protocol
    if (match !== null) matches.push(match)
    target = segment.target
    rank = next
    at = end + 1
  }
  return { matches, target, counters: null }
}
