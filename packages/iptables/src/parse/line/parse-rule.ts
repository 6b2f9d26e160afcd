import { type Family, ParseError } from '@portolan/netfilter'
import type { Match, OpaqueMatch } from '../../model/option/match.ts'
import type { OpaqueTarget, Target } from '../../model/option/target.ts'
import type { Rule } from '../../model/ruleset.ts'
import { undeclared } from '../fault/undeclared.ts'
import { findOption, grammar } from '../grammar/grammar.ts'
import { matchGrammar, moduleName } from '../grammar/match/match-grammars.ts'
import { targetGrammar } from '../grammar/target/target-grammars.ts'
import { protocolModule } from '../grammar/value/protocol.ts'
import { conditionFault } from './condition-fault.ts'
import { coreMatch } from './core-match.ts'
import { type CoreOption, coreBeginning, coreWord } from './core-option.ts'
import { checkDraft, type Draft, noteFault, noteOptions, noteUnknown, type RuleContext } from './draft.ts'
import { expandRule } from './expand-rule.ts'
import {
  claim,
  type Extension,
  openExtension,
  ownerOf,
  type Reading,
  rawText,
  readMatch,
  readTarget,
  takeOption,
} from './extension.ts'
import type { Word } from './split-words.ts'
import { protocolOf } from './table-context.ts'

const noOptions = grammar([])

const fail = (context: RuleContext, word: Word | undefined, message: string): never => {
  const column = (word?.start ?? context.text.length) + 1
  throw new ParseError(message, { source: context.source, line: context.line, column }, context.text)
}

/**
 * The largest number of modules in one rule. It is far above practical use. The kernel's own limit is the 65,535 bytes
 * of a rule (`struct xt_entry`).
 */
const mostModules = 64

const load = (draft: Draft, extension: Extension, word: Word | undefined, context: RuleContext): void => {
  if (draft.loaded.length >= mostModules) fail(context, word, `a rule has at most ${mostModules} modules`)
  draft.loaded.push(extension)
}

const targetExtension = (
  kind: 'jump' | 'goto',
  name: string,
  start: number,
  { chains, family }: RuleContext,
): Extension => {
  const head = `${kind === 'jump' ? '-j' : '-g'} ${name}`
  // `-g` takes only a chain.
  if (kind === 'goto' || chains.has(name)) return openExtension(kind, name, head, noOptions, start)
  return openExtension('target', name, head, targetGrammar(name, family) ?? null, start)
}

/** Reads an option of a module or target, or a word that belongs to no option. Returns the index of the next word. */
const takeForeign = (draft: Draft, words: readonly Word[], start: number, context: RuleContext): number => {
  const negated = words[start]?.text === '!' && words[start]?.quoted === false
  const at = negated ? start + 1 : start
  const word = words[at]
  const last = draft.loaded.at(-1)
  if (word === undefined) return fail(context, words[start], 'nothing follows "!"')
  const give = (owner: Extension, next: number): number => {
    claim(owner, words[start]?.start ?? 0, words[next - 1]?.end ?? 0, context.text)
    return next
  }
  const isOption = !word.quoted && /^--\w/.test(word.text)
  if (!isOption) {
    if (last === undefined) return fail(context, word, `unexpected "${word.text}"`)
    last.broken = true
    return give(last, at + 1)
  }
  const equals = word.text.indexOf('=')
  const name = equals < 0 ? word.text.slice(2) : word.text.slice(2, equals)
  const found = ownerOf(draft.loaded, name) ?? ownerByProtocol(draft, name, word.start, context.family)
  if (found === undefined) {
    const option = coreBeginning(word)
    if (option !== undefined) return takeCore(draft, words, start, option, null, context)
  }
  const owner = found?.owner ?? last
  if (owner === undefined) return fail(context, word, `unexpected "${word.text}"`)
  if (found?.option === undefined) {
    owner.broken = true
    return give(owner, at + 1)
  }
  const attached = equals < 0 ? null : word.text.slice(equals + 1)
  const taken = takeOption(words, at + 1, found.option, attached, negated)
  if (taken.written === null) owner.broken = true
  else owner.written.push(taken.written)
  return give(owner, taken.next)
}

/** Loads the module named after the protocol, as iptables does by itself: `-p tcp --dport 80`. */
const ownerByProtocol = (
  draft: Draft,
  name: string,
  start: number,
  family: Family,
): ReturnType<typeof ownerOf> => {
  const module = draft.protocol === null ? null : protocolModule(draft.protocol)
  const known = module === null ? undefined : matchGrammar(module, family)
  if (module === null || known === undefined) return undefined
  const option = findOption(known, name, 'exact') ?? findOption(known, name, 'beginning')
  if (option === undefined || draft.loaded.some((one) => one.kind === 'match' && one.name === module)) {
    return undefined
  }
  const owner = openExtension('match', module, `-m ${module}`, known, start)
  draft.loaded.push(owner)
  return { owner, option }
}

/** Reads counters: `-c packets,bytes` or `-c packets bytes`. A listing without `-c` shows neither. */
const takeCounters = (words: readonly Word[], at: number, value: Word, context: RuleContext): number => {
  const joined = value.text.includes(',')
  const text = joined ? value.text : `${value.text},${words[at]?.text ?? ''}`
  if (!/^\d+,\d+$/.test(text)) return fail(context, value, 'counters are two numbers, packets and bytes')
  return joined ? at : at + 1
}

/** Reads one of iptables' own options. Returns the index of the next word. */
const takeCore = (
  draft: Draft,
  words: readonly Word[],
  start: number,
  option: CoreOption,
  attached: string | null,
  context: RuleContext,
): number => {
  const bang = words[start]?.text === '!'
  const word = words[bang ? start + 1 : start]
  let at = start + (bang ? 2 : 1)
  if (option === 'ipv4' || option === 'ipv6') {
    draft.only = option === 'ipv4' ? 'ip' : 'ip6'
    return at
  }
  const { text, family } = context
  const raw = (): string => text.slice(words[start]?.start ?? 0, words[at - 1]?.end ?? 0)
  if (option === 'fragment') {
    draft.core.push(coreMatch(option, '', bang, family, raw()))
    noteFault(draft, word, conditionFault(option, '', bang, family))
    return at
  }
  // Accepts `-s ! 192.0.2.1`, the form of iptables up to 1.4.
  const inner = attached === null && !bang && words[at]?.text === '!' && words[at]?.quoted === false
  if (inner) at += 1
  const value = attached === null ? words[at] : word && { ...word, text: attached }
  if (value === undefined) return fail(context, word, `${word?.text ?? ''} needs an argument`)
  if (attached === null) at += 1
  const negated = bang || inner
  const names = option === 'match' || option === 'jump' || option === 'goto'
  if (names && !/^[^\s"!-]/.test(value.text)) return fail(context, value, `"${value.text}" is not a name`)
  switch (option) {
    case 'match': {
      const module = moduleName(value.text)
      const known = negated ? undefined : matchGrammar(module, family)
      load(
        draft,
        openExtension(
          ...(['match', module, known === undefined ? raw() : `-m ${module}`, known ?? null] as const),
          words[start]?.start ?? 0,
        ),
        word,
        context,
      )
      return at
    }
    case 'jump':
    case 'goto':
      if (negated) return fail(context, words[start], 'a target cannot be negated')
      if (draft.target !== null) return fail(context, word, 'a rule has one target only')
      draft.target = targetExtension(option, value.text, words[start]?.start ?? 0, context)
      if (option === 'goto' && !context.chains.has(value.text))
        noteFault(draft, value, undeclared(value.text, context.chains))
      load(draft, draft.target, word, context)
      return at
    case 'counters':
      return takeCounters(words, at, value, context)
    default: {
      const match = coreMatch(option, value.text, negated, family, raw())
      draft.core.push(match)
      const [only] = match.alternatives
      if (only?.kind === 'opaque') {
        noteFault(draft, value, conditionFault(option, value.text, negated, family))
        noteUnknown(draft, only, words[start]?.start ?? 0, context)
      }
      if (option === 'protocol') draft.protocol = protocolOf(only ?? null)
      return at
    }
  }
}

const isFor = (reading: Reading<unknown>, protocol: string | null): boolean =>
  reading.protocols === null || (protocol !== null && reading.protocols.includes(protocol))

/** The reading of this text, made once. */
const remembered = <Node>(
  memory: Map<string, Reading<Node>>,
  text: string,
  make: () => Reading<Node>,
): Reading<Node> => {
  const known = memory.get(text)
  if (known !== undefined) return known
  const made = make()
  memory.set(text, made)
  return made
}

const finishMatch = (extension: Extension, draft: Draft, context: RuleContext): Match => {
  const text = rawText(extension, context.text)
  const reading = remembered(context.memory.matches, text, () => readMatch(extension, context.family))
  if (reading.node !== null && isFor(reading, draft.protocol)) return reading.node
  const kept: OpaqueMatch = { kind: 'opaque', module: extension.name, text }
  noteOptions(draft, extension, context.family)
  noteUnknown(draft, kept, extension.start, context)
  return kept
}

const finishTarget = (extension: Extension, draft: Draft, context: RuleContext): Target => {
  const text = rawText(extension, context.text)
  const reading = remembered(context.memory.targets, text, () => readTarget(extension, context.family))
  if (reading.node !== null && isFor(reading, draft.protocol)) return reading.node
  const kept: OpaqueTarget = { kind: 'opaque', name: extension.name, text }
  noteOptions(draft, extension, context.family)
  noteUnknown(draft, kept, extension.start, context)
  return kept
}

/**
 * Reads the words of one rule after `-A CHAIN` as iptables does. Its own options may stand anywhere; the options of a
 * module or target may stand anywhere after it.
 *
 * @returns the rules of the line; none when `-4` or `-6` restricts it to the other family
 * @throws ParseError for a word that no option takes, an option without its argument, and anything that
 *   iptables-restore refuses on every host
 */
export const parseRule = (words: readonly Word[], from: number, context: RuleContext): readonly Rule[] => {
  const draft: Draft = {
    ...{ core: [], loaded: [], target: null, protocol: null, only: null },
    ...{ faults: [], unknown: [] },
  }
  let at = from
  while (at < words.length) {
    const bang = words[at]?.text === '!' && words[at]?.quoted === false
    const own = coreWord(words[bang ? at + 1 : at])
    at =
      own === undefined
        ? takeForeign(draft, words, at, context)
        : takeCore(draft, words, at, own.option, own.attached, context)
  }
  if (draft.only !== null && draft.only !== context.family) return []
  const matches: Match[] = []
  for (const extension of draft.loaded) {
    if (extension.kind === 'match') matches.push(finishMatch(extension, draft, context))
  }
  const target = draft.target === null ? null : finishTarget(draft.target, draft, context)
  checkDraft(draft, context)
  const { core } = draft
  if (core.length > 1) core.sort((a, b) => a.rank - b.rank)
  const rules = expandRule(core, matches, { matches: [], target, counters: null })
  return rules ?? fail(context, words[from], 'its addresses make more than 65536 rules')
}
