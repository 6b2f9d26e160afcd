import type { Family } from '@portolan/netfilter'
import type { ExtensionOption } from '../../model/option/extension.ts'
import type { Match } from '../../model/option/match.ts'
import type { Target } from '../../model/option/target.ts'
import { findOption, type Grammar, type OptionGrammar } from '../grammar/grammar.ts'
import { readOptions, type WrittenOption } from '../grammar/read-options.ts'
import { matchOf } from './match-of.ts'
import type { Word } from './split-words.ts'
import { targetOf } from './target-of.ts'

/** A module, target or chain in the rule being read, with the options found for it so far. */
export interface Extension {
  readonly kind: 'match' | 'target' | 'jump' | 'goto'
  readonly name: string
  /** `-m NAME` or `-j NAME`, as written. */
  readonly head: string
  /** Null: its options are unknown. */
  readonly grammar: Grammar | null
  readonly written: WrittenOption[]
  /** Its offset in the line, from 0. */
  readonly start: number
  /** The offsets of the parts of the line that belong to it. */
  readonly pieces: { readonly start: number; end: number }[]
  /** True: a part does not fit, so the whole is kept as written. */
  broken: boolean
}

export const openExtension = (
  kind: Extension['kind'],
  name: string,
  head: string,
  grammar: Grammar | null,
  start = 0,
): Extension => ({ kind, name, head, grammar, written: [], start, pieces: [], broken: false })

const onlyBlanks = (line: string, from: number, to: number): boolean => {
  for (let at = from; at < to; at += 1) if (line.charCodeAt(at) > 32) return false
  return true
}

/** Adds a part of the line to an extension. A part that follows the last one directly extends it. */
export const claim = (extension: Extension, start: number, end: number, line: string): void => {
  const last = extension.pieces.at(-1)
  if (last !== undefined && onlyBlanks(line, last.end, start)) last.end = end
  else extension.pieces.push({ start, end })
}

/** The whole extension as written. */
export const rawText = (extension: Extension, line: string): string => {
  let text = extension.head
  for (const { start, end } of extension.pieces) text += ` ${line.slice(start, end)}`
  return text
}

/**
 * The extension that an option belongs to. The extension loaded last is asked first (libxtables
 * `xtables_merge_options`).
 */
export const ownerOf = (
  loaded: readonly Extension[],
  name: string,
): { readonly owner: Extension; readonly option: OptionGrammar | undefined } | undefined => {
  for (const how of ['exact', 'beginning'] as const) {
    for (let at = loaded.length - 1; at >= 0; at -= 1) {
      const owner = loaded[at]
      if (owner === undefined) continue
      if (owner.grammar === null) return { owner, option: undefined }
      const option = findOption(owner.grammar, name, how)
      if (option !== undefined) return { owner, option }
    }
  }
  return undefined
}

/** Reads the arguments of an option from the words at `at`. */
export const takeOption = (
  words: readonly Word[],
  at: number,
  option: OptionGrammar,
  attached: string | null,
  negatedBefore: boolean,
): { readonly written: WrittenOption | null; readonly next: number } => {
  const values: string[] = attached === null ? [] : [attached]
  let negated = negatedBefore
  let next = at
  const bang = words[next]
  // Accepts `--dport ! 80`, the form of iptables up to 1.4.
  if (option.values.length > 0 && bang?.text === '!' && !bang.quoted && !negated) {
    negated = true
    next += 1
  }
  const start = words[attached === null ? next : at - 1]?.start ?? 0
  while (values.length < option.values.length) {
    const word = words[next]
    if (word === undefined)
      return { written: option.optional ? { option, negated, values, start } : null, next }
    if (option.optional && !word.quoted && /^[-!]/.test(word.text)) break
    values.push(word.text)
    next += 1
  }
  const fits = values.length === option.values.length || option.optional
  return { written: fits ? { option, negated, values, start } : null, next }
}

/** The result of reading an extension. It does not depend on the rule. */
export interface Reading<Node> {
  /** Null: not understood. */
  readonly node: Node | null
  /** The protocols of which `-p` must name one; null: any. */
  readonly protocols: readonly string[] | null
}

const notUnderstood: Reading<never> = { node: null, protocols: null }

const read = <Node>(
  extension: Extension,
  family: Family,
  build: (name: string, options: readonly ExtensionOption[]) => Node,
): Reading<Node> => {
  const { grammar, name, written, broken } = extension
  const options = grammar === null || broken ? null : readOptions(grammar, written, family)
  if (grammar === null || options === null) return notUnderstood
  return { node: build(name, options), protocols: grammar.protocols(options) }
}

export const readMatch = (extension: Extension, family: Family): Reading<Match> =>
  read(extension, family, matchOf)

export const readTarget = (extension: Extension, family: Family): Reading<Target> =>
  read(extension, family, (name, options) =>
    extension.kind === 'jump' || extension.kind === 'goto'
      ? { kind: extension.kind, chain: name }
      : targetOf(name, options),
  )
