import { ParseError } from '@portolan/core'
import type { Match } from '../ruleset/match.ts'
import type { Counters, Rule } from '../ruleset/ruleset.ts'
import type { Target } from '../ruleset/target.ts'
import { parseMatch } from './parse-match.ts'
import { parseTarget } from './parse-target.ts'
import type { Word } from './split-words.ts'

export interface RuleContext {
  readonly source: string
  /** Counts from 1. */
  readonly line: number
  readonly text: string
  /** Whether a name is a chain of this table. */
  readonly isChain: (name: string) => boolean
}

type Option =
  | 'source'
  | 'destination'
  | 'in'
  | 'out'
  | 'protocol'
  | 'fragment'
  | 'match'
  | 'jump'
  | 'goto'
  | 'counters'

const options: ReadonlyMap<string, Option> = new Map<string, Option>([
  ['-s', 'source'],
  ['--source', 'source'],
  ['--src', 'source'],
  ['-d', 'destination'],
  ['--destination', 'destination'],
  ['--dst', 'destination'],
  ['-i', 'in'],
  ['--in-interface', 'in'],
  ['-o', 'out'],
  ['--out-interface', 'out'],
  ['-p', 'protocol'],
  ['--protocol', 'protocol'],
  ['--proto', 'protocol'],
  ['-f', 'fragment'],
  ['--fragment', 'fragment'],
  ['-m', 'match'],
  ['--match', 'match'],
  ['-j', 'jump'],
  ['--jump', 'jump'],
  ['-g', 'goto'],
  ['--goto', 'goto'],
  ['-c', 'counters'],
  ['--set-counters', 'counters'],
])

const optionOf = (word: Word | undefined): Option | undefined =>
  word === undefined || word.quoted ? undefined : options.get(word.text)

/**
 * Where the options of a module or target that start at `from` end: before the next option of iptables itself.
 * `-m policy` has a `--proto` of its own.
 */
const endOfModule = (words: readonly Word[], from: number, module: string): number => {
  let at = from
  while (at < words.length) {
    const word = words[at]
    const bang = word?.text === '!' && !word.quoted
    const next = bang ? words[at + 1] : word
    if (optionOf(next) !== undefined && !(module === 'policy' && next?.text === '--proto')) break
    at += bang ? 2 : 1
  }
  return Math.min(at, words.length)
}

/**
 * The words of one rule after `-A CHAIN`.
 *
 * @throws ParseError for a word that no option takes, or an option without its argument
 */
export const parseRule = (words: readonly Word[], from: number, context: RuleContext): Rule => {
  const fail = (word: Word | undefined, message: string): never => {
    const column = (word?.start ?? context.text.length) + 1
    throw new ParseError(message, { source: context.source, line: context.line, column }, context.text)
  }
  const raw = (first: number, end: number): string =>
    context.text.slice(words[first]?.start ?? 0, words[end - 1]?.end ?? 0)

  const matches: Match[] = []
  let target: Target | null = null
  let counters: Counters | null = null
  let protocol: string | null = null
  let at = from
  while (at < words.length) {
    const start = at
    const negated = words[at]?.text === '!' && words[at]?.quoted === false
    if (negated) at += 1
    const word = words[at]
    const option = optionOf(word)
    const value = words[at + 1]
    if (option === 'fragment') {
      matches.push({ kind: 'fragment', negated })
      at += 1
      continue
    }
    if (option === undefined) {
      // `-p tcp --dport 80`: iptables loads the module named like the protocol by itself.
      if (protocol === null || word === undefined || word.quoted || !word.text.startsWith('--')) {
        return fail(words[start], `unexpected "${words[start]?.text ?? ''}"`)
      }
      const end = endOfModule(words, at, '')
      const module = protocol === 'ipv6-icmp' || protocol === 'icmpv6' ? 'icmp6' : protocol
      const match = parseMatch(module, words.slice(start, end))
      matches.push(match ?? { kind: 'opaque', module, text: raw(start, end) })
      at = end
      continue
    }
    if (value === undefined) return fail(word, `${word?.text ?? ''} needs an argument`)
    switch (option) {
      case 'source':
      case 'destination':
        matches.push({ kind: option, prefix: value.text, negated })
        at += 2
        break
      case 'in':
      case 'out':
        matches.push({ kind: option, name: value.text, negated })
        at += 2
        break
      case 'protocol':
        matches.push({ kind: 'protocol', protocol: value.text, negated })
        protocol = negated ? null : value.text
        at += 2
        break
      case 'match': {
        const end = endOfModule(words, at + 2, value.text)
        const match = negated ? null : parseMatch(value.text, words.slice(at + 2, end))
        matches.push(match ?? { kind: 'opaque', module: value.text, text: raw(start, end) })
        at = end
        break
      }
      case 'jump': {
        const end = endOfModule(words, at + 2, value.text)
        target = parseTarget(value.text, words.slice(at + 2, end), context.isChain)
        target ??= { kind: 'opaque', name: value.text, text: raw(at, end) }
        at = end
        break
      }
      case 'goto':
        target = { kind: 'goto', chain: value.text }
        at += 2
        break
      case 'counters': {
        // `-c packets,bytes` and `-c packets bytes` both count.
        const joined = value.text.includes(',')
        const text = joined ? value.text : `${value.text},${words[at + 2]?.text ?? ''}`
        const [, packets, bytes] = /^(\d+),(\d+)$/.exec(text) ?? []
        if (packets === undefined || bytes === undefined) {
          return fail(value, 'counters are two numbers, packets and bytes')
        }
        counters = { packets: BigInt(packets), bytes: BigInt(bytes) }
        at += joined ? 2 : 3
        break
      }
    }
  }
  return { matches, target, counters }
}
