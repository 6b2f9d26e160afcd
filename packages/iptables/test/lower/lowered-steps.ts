import type { Family, Step } from '@portolan/netfilter'
import { lower } from '../../src/index.ts'
import { readTable } from '../support/written-rules.ts'

export const stepsOf = (
  rule: string,
  table = 'filter',
  chain = 'FORWARD',
  family: Family = 'ip',
): readonly Step[] => {
  const [first] = lower(readTable(table, chain, [rule], family)).tables.flatMap((one) =>
    one.chains.flatMap(({ rules }) => rules),
  )
  if (first === undefined) throw new Error('no rule')
  return first.steps
}

export const flowMark = { kind: 'conntrack', key: 'mark' } as const
