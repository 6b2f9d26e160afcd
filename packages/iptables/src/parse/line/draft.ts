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

/** The context of one line of a table. */
export interface RuleContext extends TableContext, RefusedLine {}

/** A rule that is partly read. */
export interface Draft {
  readonly core: CoreMatch[]
  /** In loading order. The extension loaded last is asked first about an option. */
  readonly loaded: Extension[]
  target: Extension | null
  protocol: string | null
  /** The family that `-4` or `-6` restricts the line to; null: both. */
  only: Family | null
  /**
   * The faults for which iptables-restore refuses the line. They do not count where the line is for the other family.
   */
  readonly faults: { readonly start: number; readonly words: string }[]
  /** The parts that are kept as written. */
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

/** Notes the option values that are wrong on every host, for an extension that is not understood. */
export const noteOptions = (draft: Draft, { name, written }: Extension, family: Family): void => {
  for (const option of written) {
    const words = optionFault(name, option, family)
    if (words !== null) draft.faults.push({ start: option.start, words })
  }
}

/**
 * Reports the faults and unknown parts of a line.
 * @throws ParseError for the first fault of the line
 */
export const checkDraft = ({ faults, unknown }: Draft, context: RuleContext): void => {
  const [first] = faults.toSorted((a, b) => a.start - b.start)
  if (first !== undefined) throw refusal(context, first.start, first.words)
  for (const part of unknown) context.onUnknown?.(part)
}
