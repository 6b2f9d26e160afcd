import { describe, expect, test } from '@jest/globals'
import type { Conflict } from '@portolan/core'
import * as iptables from '@portolan/iptables'
import type { HostFacts } from '@portolan/netfilter'
import { partOf } from '../../../../test/part-of.ts'
import { noRules } from '../../src/host-rules/host-rules.ts'
import type { PlannedSearch } from '../../src/plan/find-conflicts.ts'
import { fixConflicts } from '../../src/plan/fix-change.ts'
import { type MendedPlan, mendConflicts } from '../../src/plan/mend-conflicts.ts'
import { planOf } from '../shop.ts'

/** A refused packet from an address, and the command that makes the firewall accept it; null: none does. */
const refusal = (source: string, line: string | null, severity: Conflict['severity'] = 'error'): Conflict =>
  partOf<Conflict>({
    ...{ kind: 'ForwardDropped', severity, certainty: 'certain', mapping: 'one', network: null },
    ...{ message: `It drops ${source}.`, culprit: null, trace: [] },
    witness: { family: 'ip', source, destination: '172.17.0.1', protocol: 'tcp' },
    remedy: {
      text: 'Let it pass.',
      commands: line === null ? [] : [line],
      ...(line === null
        ? {}
        : {
            hook: {
              name: 'firewalld',
              commands: [line.split(' ')],
              undo: [['not', ...line.split(' ')]],
              need: { of: 'mapping', bridge: 'br', address: null, protocol: null, port: null },
            },
          }),
    },
  })

/** Searches that return these conflicts in turn. The last list is returned from then on. */
const searches = (
  [first = [], ...later]: readonly (readonly Conflict[])[],
  asked: string[] = [],
): PlannedSearch => ({
  conflicts: first,
  incomplete: [],
  after: (mended) => {
    asked.push(mended.map(({ message }) => message).join())
    return searches(later.length === 0 ? [first] : later, asked)
  },
})

const mend = (search: PlannedSearch): MendedPlan =>
  mendConflicts(
    search,
    (conflicts) => conflicts,
    (conflicts) => fixConflicts('shop', conflicts, []),
  )

const told = ({ conflicts }: MendedPlan): readonly string[] =>
  conflicts.map(({ severity, message }) => `${severity} ${message.split(' This plan')[0]}`)

describe('conflicts that a plan mends', () => {
  test('are searched for once, where there is nothing to mend', () => {
    const asked: string[] = []
    const plan = mend(searches([[refusal('192.0.2.9', null)]], asked))
    expect([asked, told(plan), plan.changes]).toEqual([[], ['error It drops 192.0.2.9.'], []])
  })

  test('leave what stands behind them, as severe as it is then', () => {
    const [opened, behind] = [refusal('192.0.2.9', 'open a'), refusal('198.51.100.9', null, 'warning')]
    const asked: string[] = []
    const plan = mend(searches([[opened, behind], [{ ...behind, severity: 'error' }]], asked))
    expect(asked).toEqual(['It drops 192.0.2.9.'])
    expect(told(plan)).toEqual(['info It drops 192.0.2.9.', 'error It drops 198.51.100.9.'])
  })

  test('are mended one behind the other, by all that is asked together', () => {
    const [first, second] = [refusal('192.0.2.9', 'open a'), refusal('198.51.100.9', 'open b')]
    const asked: string[] = []
    const plan = mend(searches([[first], [second], []], asked))
    expect(asked).toEqual(['It drops 192.0.2.9.', 'It drops 198.51.100.9.'])
    expect(told(plan)).toEqual(['info It drops 192.0.2.9.', 'info It drops 198.51.100.9.'])
    expect(plan.changes.map(({ after }) => after)).toEqual(['open a', 'open b'])
    expect(plan.incomplete).toEqual([])
  })

  test('stay errors where they are there in spite of what was asked', () => {
    const plan = mend(searches([[refusal('192.0.2.9', 'open a')]]))
    expect(told(plan)).toEqual(['info It drops 192.0.2.9.', 'error It drops 192.0.2.9.'])
    expect(plan.conflicts.at(-1)?.remedy).toEqual({
      text: expect.stringContaining('does not let these pass'),
      commands: [],
    })
  })

  test('are told to be incomplete, where each search finds another', () => {
    const all = Array.from({ length: 9 }, (_, at) => [refusal(`192.0.2.${at}`, `open ${at}`)])
    const plan = mend(searches(all))
    expect(plan.changes).toHaveLength(5)
    expect(plan.incomplete).toEqual([
      { mapping: null, network: null, what: expect.any(String), why: expect.stringContaining('4 times') },
    ])
  })
})

/** Docker's policy, and after it a table that refuses packets from eth0. */
const surrounding = {
  ...noRules,
  'iptables-nft': iptables.parse(
    `*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:DOCKER-USER - [0:0]
-A FORWARD -j DOCKER-USER
-A DOCKER-USER -j RETURN
COMMIT
*security
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -i eth0 -j DROP
COMMIT
`,
    'x',
    'ip',
  ),
}

const facts: HostFacts = {
  interfaces: [
    { name: 'eth0', kind: 'ether', addresses: ['192.0.2.2/24'] },
    { name: 'eth1', kind: 'ether', addresses: ['198.51.100.2/24'] },
  ],
  sysctls: { 'net.ipv4.ip_forward': '1' },
}

describe('what a refusal hides', () => {
  const rows = (fix: boolean): readonly string[] =>
    planOf({ facts, rules: noRules, surrounding, fix }).conflicts.flatMap(({ severity, culprit, mapping }) =>
      mapping === null ? [] : [`${severity} ${culprit?.table} ${culprit?.position}`],
    )

  test('is told as severe as it is once the plan has opened that', () => {
    expect(rows(false)).toEqual(['error filter policy', 'warning security 1'])
    expect(rows(true)).toEqual(['error security 1', 'info filter policy'])
  })
})
