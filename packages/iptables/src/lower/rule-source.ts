import type { NetfilterRule, RuleSource, Step } from '@portolan/netfilter'
import { tagOf } from '../compile/tag.ts'
import type { Rule } from '../model/ruleset.ts'
import { ruleText } from '../print/rule/print-rule.ts'

/** The position of a chain. All rules of the chain share one object. */
export type ChainPlace = Pick<RuleSource, 'tool' | 'family' | 'table' | 'chain'>

/**
 * The source of a rule. Its text is made when it is read, because a trace reads only a few of a hundred thousand. For
 * its reader the text is an ordinary property: copies, comparisons and JSON include it.
 */
class LateSource implements Omit<RuleSource, 'text'> {
  static readonly #text: PropertyDescriptor = {
    enumerable: true,
    // All sources share this getter.
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
 * A rule that makes its source on each read. The sources of a hundred thousand rules take more memory than everything
 * else that the evaluation needs of them. This is a class, because an object with such a property made in another way
 * takes five times the memory.
 */
class LateRule implements Omit<NetfilterRule, 'source'> {
  static readonly #source: PropertyDescriptor = {
    enumerable: true,
    // All rules share this getter. A getter for each rule would take as much memory as its source.
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
 * Makes a rule from its steps and its source.
 * @param position - from 1
 */
export const loweredRule = (
  place: ChainPlace,
  position: number,
  rule: Rule,
  steps: readonly Step[],
): NetfilterRule => new LateRule(place, position, rule, steps) as LateRule & Pick<NetfilterRule, 'source'>
