import { describe, expect, test } from '@jest/globals'
import {
  compare,
  field,
  goTo,
  jumpTo,
  type NetfilterRule,
  oneOf,
  type Step,
  verdict,
} from '@portolan/netfilter'
import { furtherSteps } from '../../src/model/further-steps.ts'

const source: NetfilterRule['source'] = {
  ...{ tool: 'iptables-nft', family: 'ip', table: 'filter', chain: 'FORWARD' },
  ...{ position: 1, handle: null, text: '', comment: null, counters: null },
}
const web = compare(field('dport', { protocols: [6] }), oneOf(80))

describe('the steps of rules that do more than end a chain', () => {
  test('are jumps and changes, in their order, and neither matches nor verdicts alone', () => {
    const notrack: Step = { kind: 'notrack', text: 'notrack' }
    const rules: readonly (readonly Step[])[] = [
      [web, verdict('drop')],
      [web, jumpTo('GUARD')],
      [{ kind: 'note', text: 'counter' }, notrack, verdict('accept')],
      [goTo('LAST')],
    ]
    expect(furtherSteps(rules.map((steps) => ({ source, steps })))).toEqual([
      jumpTo('GUARD'),
      notrack,
      goTo('LAST'),
    ])
  })

  test('of a list of bans are none, and are told again of the same rules', () => {
    const bans = [{ source, steps: [web, verdict('drop')] }]
    expect(furtherSteps(bans)).toEqual([])
    expect(furtherSteps(bans)).toBe(furtherSteps(bans))
  })
})
