import { describe, expect, test } from '@jest/globals'
import { partOf } from '../../../../test/part-of.ts'
import { mergeByCause } from '../../src/conflict/merge-by-cause.ts'
import type { Conflict } from '../../src/index.ts'

const witness = {
  family: 'ip',
  in: 'eth0',
  source: '192.0.2.9',
  destination: '172.17.0.2',
  protocol: 'tcp',
} as const
const refusal = (chain: string, more: object = {}, owner: string | null = 'firewalld'): Conflict =>
  partOf<Conflict>({
    kind: 'ForwardDropped',
    severity: 'error',
    certainty: 'certain',
    mapping: '172.17.0.2:80/tcp -> web:80',
    network: null,
    message: `Rule 8 of chain ${chain} drops the packets.`,
    witness,
    culprit: { tool: 'nft', family: 'inet', table: 'firewalld', chain, owner },
    remedy: { text: 'Let firewalld forward them.', commands: ['firewall-cmd --reload'] },
    ...more,
  })

describe('what a firewall refuses twice', () => {
  test('is told once, with the rule that is met first', () => {
    const [first, ...others] = mergeByCause([refusal('POLICIES'), refusal('FORWARD'), refusal('LAST')])
    expect(others).toEqual([])
    expect(first?.culprit?.chain).toBe('POLICIES')
    expect(first?.message).toBe(
      'Rule 8 of chain POLICIES drops the packets. 2 more rules of firewalld behind it do the same.',
    )
  })

  test.each<[string, Conflict]>([
    ['another packet shows it', refusal('FORWARD', { witness: { ...witness, in: 'eth1' } })],
    ['something else is to be done', refusal('FORWARD', { remedy: { text: 'Leave it.', commands: [] } })],
    ['it is of another mapping', refusal('FORWARD', { mapping: '172.17.0.3:80/tcp -> db:80' })],
    ['it is a warning', refusal('FORWARD', { severity: 'warning' })],
    ['it is of another owner', refusal('FORWARD', {}, 'docker')],
  ])('is told twice where %s', (_, second) => {
    const both = [refusal('POLICIES'), second]
    expect(mergeByCause(both)).toEqual(both)
  })

  test('is told twice where no owner is known: each rule may be a decision', () => {
    const both = [refusal('POLICIES', {}, null), refusal('FORWARD', {}, null)]
    expect(mergeByCause(both)).toEqual(both)
  })
})
