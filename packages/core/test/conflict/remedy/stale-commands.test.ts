import { describe, expect, test } from '@jest/globals'
import type { Conflict } from '../../../src/conflict/conflict.ts'
import { tellStale } from '../../../src/conflict/remedy/stale-commands.ts'

const conflict = (...commands: readonly string[]): Conflict => ({
  ...{ kind: 'EgressDropped', severity: 'error', certainty: 'certain', mapping: null, network: 'web' },
  published: null,
  ...{ message: '', witness: null, culprit: null, trace: [] },
  remedy: { text: 'Do it.', commands },
})
const told = (...conflicts: readonly Conflict[]) => tellStale(conflicts).map(({ remedy }) => remedy)

const policy = 'firewall-cmd --permanent --new-policy=pl-br-web'
const other = 'firewall-cmd --permanent --new-policy=pl-br-db'
const rule = (port: number) =>
  `firewall-cmd --permanent --policy=pl-br-web '--add-rich-rule=rule port port="${port}"'`

describe('commands of several remedies', () => {
  test('that make one policy of firewalld take that of another remedy for theirs', () => {
    const made = `firewall-cmd --permanent --policy=pl-br-web --get-description 2>&1 | grep -qx Portolan || ${policy}`
    expect(told(conflict(policy, rule(80)), conflict(policy, rule(81)), conflict(other))).toEqual([
      { text: 'Do it.', commands: [made, rule(80)] },
      { text: 'Do it.', commands: [made, rule(81)] },
      { text: 'Do it.', commands: [other] },
    ])
  })

  test('are no refusal where they are the same', () => {
    const [first, second] = told(conflict(policy, rule(80)), conflict(policy, rule(80)))
    expect(first?.commands[0]).toMatch(/\|\| firewall-cmd --permanent --new-policy=pl-br-web$/)
    expect(second).toEqual(first)
  })

  test('that go by the numbers of one chain are to be asked for again', () => {
    const commands = [
      'iptables-nft -t filter -I FORWARD 1 -j ACCEPT',
      'iptables-nft -t filter -I FORWARD 3 -j ACCEPT',
    ]
    for (const { text } of told(...commands.map((command) => conflict(command))))
      expect(text).toContain('run "portolan conflicts" again')
  })
})
