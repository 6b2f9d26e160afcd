import type { RuleSource } from '@portolan/netfilter'
import { tagOf } from '../compile/tag.ts'
import type { Rule } from '../model/ruleset.ts'
import { ruleText } from '../print/rule/print-rule.ts'

/**
 * The source of a rule, whose text is made when it is read. The texts of a hundred thousand rules take more room than
 * all that is evaluated of them, and a trace reads a few. To its reader the text is a property like any other: a copy, a
 * comparison and JSON see it. A class, since an object that is made otherwise takes five times the room with it.
 */
class LateSource implements Omit<RuleSource, 'text'> {
  static readonly #text: PropertyDescriptor = {
    enumerable: true,
    // The same function for all sources: an own one for each would take as much room as the text.
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

  constructor({ tool, family, table, chain, position }: RulePlace, rule: Rule) {
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

type RulePlace = Pick<RuleSource, 'tool' | 'family' | 'table' | 'chain' | 'position'>

export const ruleSource = (place: RulePlace, rule: Rule): RuleSource =>
  new LateSource(place, rule) as LateSource & Pick<RuleSource, 'text'>
