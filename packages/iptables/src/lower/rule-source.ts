import type { NetfilterRule, RuleSource, Step } from '@portolan/netfilter'
import { tagOf } from '../compile/tag.ts'
import type { Rule } from '../model/ruleset.ts'
import { ruleText } from '../print/rule/print-rule.ts'

/** Where the rules of a chain stand: one object for all of them. */
export type ChainPlace = Pick<RuleSource, 'tool' | 'family' | 'table' | 'chain'>

/**
 * The source of a rule, whose text is made when it is read: a trace reads a few of a hundred thousand. To its reader the
 * text is a property like any other: a copy, a comparison and JSON see it.
 */
class LateSource implements Omit<RuleSource, 'text'> {
  static readonly #text: PropertyDescriptor = {
    enumerable: true,
    // The same function for all sources.
    get(this: LateSource) {
      const body = ruleText(this.#rule)
      return body === '' ? `-A ${this.chain}` : `-A ${this.chain} ${body}`
    },
  }

  readonly #rule: Rule
  readonly tool: RuleSource['tool']
  readonly family: RuleSource['family']
  readonly table: string
  readonly chain: string
  readonly position: number
  readonly handle: null = null
  readonly comment: RuleSource['comment']
  readonly counters: RuleSource['counters']

  constructor({ tool, family, table, chain }: ChainPlace, position: number, rule: Rule) {
    this.#rule = rule
    this.tool = tool
    this.family = family
    this.table = table
    this.chain = chain
    this.position = position
    this.comment = tagOf(rule)
    this.counters = rule.counters
    Object.defineProperty(this, 'text', LateSource.#text)
  }
}

const sourceOf = (place: ChainPlace, position: number, rule: Rule): RuleSource =>
  new LateSource(place, position, rule) as LateSource & Pick<RuleSource, 'text'>

/**
 * A rule whose source is made each time it is read. The sources of a hundred thousand rules take more room than all
 * that is evaluated of them. A class, since an object that is made otherwise takes five times the room with it.
 */
class LateRule implements Omit<NetfilterRule, 'source'> {
  static readonly #source: PropertyDescriptor = {
    enumerable: true,
    // The same function for all rules: an own one for each would take as much room as the source.
    get(this: LateRule) {
      return sourceOf(this.#place, this.#position, this.#rule)
    },
  }

  readonly #place: ChainPlace
  readonly #position: number
  readonly #rule: Rule
  readonly steps: readonly Step[]

  constructor(place: ChainPlace, position: number, rule: Rule, steps: readonly Step[]) {
    this.#place = place
    this.#position = position
    this.#rule = rule
    this.steps = steps
    Object.defineProperty(this, 'source', LateRule.#source)
  }
}

/**
 * What a rule does, and which one it is.
 * @param position - from 1
 */
export const loweredRule = (
  place: ChainPlace,
  position: number,
  rule: Rule,
  steps: readonly Step[],
): NetfilterRule => new LateRule(place, position, rule, steps) as LateRule & Pick<NetfilterRule, 'source'>
