import type { Family } from '@portolan/netfilter'
import type { OpaqueMatch } from '../../model/option/match.ts'
import type { OpaqueTarget } from '../../model/option/target.ts'
import { optionFault } from '../fault/option-fault.ts'
import { type RefusedLine, refusal } from '../fault/refusal.ts'
import type { CoreMatch } from './core-match.ts'
import type { Extension } from './extension.ts'
import type { UnknownPart } from './parse-options.ts'
import type { Word } from './split-words.ts'
import type { TableContext } from './table-context.ts'

/** One line of a table. */
export interface RuleContext extends TableContext, RefusedLine {}

/** A rule half read. */
export interface Draft {
  readonly core: CoreMatch[]
  /** In the order of loading: the last has the first say about an option. */
  readonly loaded: Extension[]
  target: Extension | null
  protocol: string | null
  /** `-4` or `-6` gives the line to one family. */
  only: Family | null
  /** What iptables-restore refuses: of no matter where the line is given to the other family. */
  readonly faults: { readonly start: number; readonly words: string }[]
  /** What is kept as it stands. */
  readonly unknown: UnknownPart[]
}

export const noteFault = (draft: Draft, word: Word | undefined, words: string | null): void => {
  if (words !== null) draft.faults.push({ start: word?.start ?? 0, words })
}

export const noteUnknown = (
  draft: Draft,
  part: OpaqueMatch | OpaqueTarget,
  start: number,
  { line }: RuleContext,
): void => {
  const [kind, name] = 'module' in part ? (['match', part.module] as const) : (['target', part.name] as const)
  draft.unknown.push({ kind, name, text: part.text, line, column: start + 1 })
}

/** What is wrong on every host with the options of what is not understood. */
export const noteOptions = (draft: Draft, { name, written }: Extension, family: Family): void => {
  for (const option of written) {
    const words = optionFault(name, option, family)
    if (words !== null) draft.faults.push({ start: option.start, words })
  }
}

/** @throws ParseError for the first fault of the line */
export const checkDraft = ({ faults, unknown }: Draft, context: RuleContext): void => {
  const [first] = faults.toSorted((a, b) => a.start - b.start)
  if (first !== undefined) throw refusal(context, first.start, first.words)
  for (const part of unknown) context.onUnknown?.(part)
}
