import { describe, expect, test } from '@jest/globals'
import type { Conflict, ConflictKind, HookNeed } from '@portolan/core'
import type { Fix } from '@portolan/host'
import { policyIn } from '../../src/firewalld/ask-firewalld.ts'
import {
  type FixChange,
  type FixOperation,
  fixCommands,
  fixConflicts,
  otherFix,
} from '../../src/plan/fix-change.ts'
import { printPlan } from '../../src/plan/print/print-plan.ts'
import { plainLook } from '../../src/text/look.ts'
import { after, bridge, intentOf, planOf } from '../shop.ts'

const toNginx: HookNeed = { of: 'mapping', bridge, address: '172.17.0.1', protocol: 'tcp', port: 80 }
const label = '0.0.0.0:8080/tcp -> nginx:80'

const fix = (needs: readonly HookNeed[], name = 'DOCKER-USER'): Fix => ({
  project: 'shop',
  name,
  beneficiaries: [label],
  needs,
  commands: [['iptables-nft', '-I', 'DOCKER-USER', '1', '-d', '172.17.0.1', '-j', 'ACCEPT']],
  undo: [['iptables-nft', '-D', 'DOCKER-USER', '-d', '172.17.0.1', '-j', 'ACCEPT']],
})

const conflict = (
  mapping: string | null,
  lines: readonly string[],
  kind: ConflictKind = 'ForwardDropped',
  wish: Partial<Conflict> = {},
): Conflict =>
  ({
    kind,
    severity: 'error',
    certainty: 'certain',
    mapping,
    network: 'web',
    published: null,
    message: 'It is dropped.',
    witness: null,
    culprit: null,
    remedy: {
      text: 'Let it pass.',
      commands: lines,
      hook: {
        name: 'firewalld',
        commands: lines.map((line) => line.split(' ')),
        undo: lines.toReversed().map((line) => ['not', ...line.split(' ')]),
        need: {
          of: mapping === null ? 'network' : 'mapping',
          bridge,
          address: null,
          protocol: null,
          port: null,
        },
      },
    },
    trace: [],
    ...wish,
  }) as Conflict

describe('conflicts that a hook mends', () => {
  const zone = ['make zone', 'reload']
  const both = ['make zone', 'make policy', 'reload']

  test('ask for it once, for all that need it', () => {
    const { changes, conflicts } = fixConflicts('shop', [conflict('one', both), conflict('two', both)], [])
    expect(changes).toHaveLength(1)
    expect(changes[0]).toMatchObject({
      description: 'Let one, two pass by way of firewalld, for ForwardDropped.',
      operation: { kind: 'ask', fix: { beneficiaries: ['one', 'two'], needs: [{ of: 'mapping' }] } },
    })
    expect(conflicts.map(({ severity }) => severity)).toEqual(['info', 'info'])
  })

  test('ask for a policy of its own for each of two bridges whose long names begin alike', () => {
    const foreignPolicies = ['pl-br-abcdefghijkl', 'pl-br-abcdefghijkm']
    const policies = foreignPolicies.map((policy, at) =>
      conflict(`${at}`, [`firewall-cmd --permanent --new-policy=${policy}`]),
    )
    const asked = { foreignPolicies, priorities: new Map<string, number>(), unsaved: null }
    const { changes } = fixConflicts('shop', policies, [], asked)
    const names = changes.map(({ operation }) => policyIn(operation.fix.commands))
    expect(names.toSorted()).toEqual(['p2-br-abcdefghijkl', 'p2-br-abcdefghijkm'])
  })

  test('give each policy of firewalld a priority of its own', () => {
    const policies = ['pl-br-one', 'pl-br-two'].map((policy) =>
      conflict(policy, [`firewall-cmd --permanent --policy=${policy} --set-priority=32000`]),
    )
    const priorities = new Map([['bans', 31_999]])
    const asked = { foreignPolicies: ['bans'], priorities, unsaved: null }
    const { changes } = fixConflicts('shop', policies, [], asked)
    expect(changes.map(({ after: text }) => text).toSorted()).toEqual([
      'firewall-cmd --permanent --policy=pl-br-one --set-priority=32000',
      'firewall-cmd --permanent --policy=pl-br-two --set-priority=31998',
    ])
  })

  test('do not ask for what is part of what is asked anyway', () => {
    const { changes } = fixConflicts(
      'shop',
      [conflict(null, zone, 'EgressDropped'), conflict('one', both)],
      [],
    )
    expect(changes.map(({ after: text }) => text)).toEqual(['make zone\nmake policy\nreload'])
    expect(changes[0]?.operation.fix).toMatchObject({
      beneficiaries: ['one', 'network web'],
      needs: [{ of: 'mapping' }, { of: 'network' }],
    })
  })

  describe('are not mended by asking twice', () => {
    const earlier = (lines: readonly string[], name = 'firewalld', project = 'shop'): Fix => ({
      project,
      name,
      beneficiaries: ['network db'],
      needs: [toNginx],
      commands: lines.map((line) => line.split(' ')),
      undo: lines.toReversed().map((line) => ['not', ...line.split(' ')]),
    })
    const asked = (lines: readonly string[], inPlace: Fix): Partial<FixChange> => {
      const { changes } = fixConflicts('shop', [conflict('one', lines)], [inPlace])
      expect(changes).toHaveLength(1)
      return changes[0] ?? {}
    }

    test.each<[string, readonly string[], readonly string[], string, readonly string[]]>([
      ['more than before', both, zone, 'change', both],
      ['less than before, which is gone then', zone, both, 'add', both],
      ['the same, which is gone then', zone, zone, 'add', zone],
    ])('but for %s, as one', (_, wanted, before, action, after) => {
      const change = asked(wanted, earlier(before))
      expect(change).toMatchObject({
        action,
        before: action === 'add' ? null : before.join('\n'),
        after: after.join('\n'),
        operation: {
          fix: {
            beneficiaries: ['network db', 'one'],
            needs: [toNginx, { of: 'mapping', address: null }],
            undo: earlier(after).undo,
          },
        },
      })
    })

    test.each<[string, Fix]>([
      ['of another program', earlier(zone, 'ufw')],
      ['of another project', earlier(zone, 'firewalld', 'blog')],
      ['of another bridge', earlier(['make other', 'reload'])],
    ])('and leave alone what was asked %s', (_, inPlace) => {
      expect(asked(both, inPlace)).toMatchObject({
        action: 'add',
        operation: { fix: { beneficiaries: ['one'] } },
      })
    })
  })

  test('of very many name only the first', () => {
    const many = ['one', 'two', 'three', 'four', 'five'].map((name) => conflict(name, both))
    expect(fixConflicts('shop', many, []).changes[0]?.description).toBe(
      'Let one, two, three and 2 more pass by way of firewalld, for ForwardDropped.',
    )
  })

  test.each<[string, ConflictKind, Partial<Conflict>, string]>([
    ['that are only possible', 'ForwardDropped', { certainty: 'possible' }, 'the conflict is only possible'],
    ['that a few meet', 'ForwardDropped', { severity: 'warning' }, 'a refusal of some packets may be meant'],
    [
      'of a network, while every port works',
      'EgressDropped',
      { severity: 'warning' },
      'it does so only where a conflict is an error for certain',
    ],
  ])('are not those %s, and the remedy says why', (_, kind, wish, why) => {
    const found = conflict('one', both, kind, wish)
    const { changes, conflicts, mended } = fixConflicts('shop', [found], [])
    expect([changes, mended]).toEqual([[], []])
    expect(conflicts).toEqual([
      {
        ...found,
        remedy: { ...found.remedy, text: `Let it pass. --fix does not ask firewalld for it: ${why}.` },
      },
    ])
  })

  test.each<[string, Partial<Conflict>]>([
    ['without a hook', { remedy: { text: 'Think.', commands: [] } }],
    ['that are worth knowing alone', { severity: 'info' }],
  ])('are not those %s, which stay as they are', (_, wish) => {
    const found = [conflict('one', both, 'ForwardDropped', wish)]
    expect(fixConflicts('shop', found, [])).toEqual({ changes: [], conflicts: found, mended: [] })
  })
})

describe('what was asked of another program', () => {
  const taken = (fixes: readonly Fix[], text?: string): readonly string[] =>
    planOf({ ...after(planOf()), intent: intentOf(text), fixes }).changes.flatMap((change) =>
      change.part === 'fix' ? [`${change.action} ${change.before}`] : [],
    )
  const line = 'remove iptables-nft -I DOCKER-USER 1 -d 172.17.0.1 -j ACCEPT'
  const services = (words: string): string => `services: {${words}}\nnetworks: {web: {}, db: {}}`

  test.each<[string, string]>([
    ['the mapping is there unchanged', services('nginx: {ports: ["8080:80"], networks: [web]}')],
    ['another mapping leads to the same place', services('nginx: {ports: ["9090:80"], networks: [web]}')],
    [
      'another container is published beside it',
      services('nginx: {ports: ["8080:80", "81:81"], networks: [web]}'),
    ],
  ])('stays while %s', (_, text) => {
    expect(taken([fix([toNginx])], text)).toEqual([])
  })

  test.each<[string, string]>([
    ['the mapping is gone', services('nginx: {networks: [web]}')],
    ['it leads to another port', services('nginx: {ports: ["8080:81"], networks: [web]}')],
    ['it is of another protocol', services('nginx: {ports: ["8080:80/udp"], networks: [web]}')],
    [
      'it leads to another address',
      services('a: {networks: [web]}, nginx: {ports: ["8080:80"], networks: [web]}'),
    ],
    ['it leads to another bridge', services('nginx: {ports: ["8080:80"], networks: [db]}')],
  ])('is taken back when %s', (_, text) => {
    expect(taken([fix([toNginx])], text)).toEqual([line])
  })

  const zone: HookNeed = { of: 'mapping', bridge, address: null, protocol: null, port: null }
  const leaving: HookNeed = { ...zone, of: 'network' }

  test('of a whole bridge stays while any mapping leads to it', () => {
    expect(taken([fix([zone])], services('api: {ports: ["1:2"], networks: [web]}'))).toEqual([])
    expect(taken([fix([zone])], services('api: {networks: [web]}'))).toEqual([line])
    expect(taken([fix([zone, leaving])], services('api: {networks: [web]}'))).toEqual([])
  })

  test('of a network stays while the network does, at its subnet', () => {
    expect(taken([fix([leaving])], services('api: {networks: [web]}'))).toEqual([])
    expect(taken([fix([{ ...leaving, address: '172.17.0.0/16' }])])).toEqual([])
    expect(taken([fix([{ ...leaving, address: '172.18.0.0/16' }])])).toEqual([line])
    expect(taken([fix([leaving])], 'services: {api: {}}')).toEqual([line])
  })

  test('for another project is none of this one', () => {
    expect(taken([{ ...fix([toNginx]), project: 'blog' }], services('nginx: {networks: [web]}'))).toEqual([])
  })

  test('is shown in words when it is taken back, after the rules that it served', () => {
    const plan = planOf({
      ...after(planOf()),
      intent: intentOf(services('nginx: {networks: [web]}')),
      fixes: [fix([toNginx])],
    })
    const parts = plan.changes.map(({ part, action }) => `${part} ${action}`)
    expect(parts.lastIndexOf('nftables remove')).toBeLessThan(parts.indexOf('fix remove'))
    expect(printPlan(plan, { ...plainLook, rules: true })).toContain(
      [
        '  other programs, by the way they document',
        `    - Take back what was asked of DOCKER-USER for ${label}.`,
        '    -   iptables-nft -D DOCKER-USER -d 172.17.0.1 -j ACCEPT',
      ].join('\n'),
    )
  })
})

describe('what a plan takes to have been asked for', () => {
  const asked = fix([toNginx])
  const other: Fix = { ...asked, undo: [['iptables-nft', '-D', 'DOCKER-USER', '-j', 'ACCEPT']] }
  const again = { kind: 'ask', fix: asked, known: true } as const
  const first = { kind: 'ask', fix: asked, known: false } as const
  const back = { kind: 'take-back', fix: asked } as const

  test.each<[string, readonly FixOperation[], readonly Fix[], string | null]>([
    ['taking back what is remembered', [back], [asked], null],
    ['taking back what another apply took back', [back], [], 'DOCKER-USER'],
    ['taking back what would now be taken back by other words', [back], [other], 'DOCKER-USER'],
    ['asking for the first time', [first], [], null],
    ['asking first for what another apply asked for', [first], [asked], 'DOCKER-USER'],
    ['asking again', [again], [asked], null],
    ['asking again for what was taken back', [again], [], 'DOCKER-USER'],
    ['taking back and asking anew', [back, first], [asked], null],
  ])('is held to what is remembered: %s', (_what, operations, remembered, name) => {
    expect(otherFix(operations, remembered)).toBe(name)
  })

  test('is run in the words that are shown, what is taken back first', () => {
    expect(fixCommands(back)).toEqual({ undo: asked.undo, commands: [] })
    expect(fixCommands(first)).toEqual({ undo: [], commands: asked.commands })
    expect(fixCommands(again)).toEqual({ undo: asked.undo, commands: asked.commands })
  })
})
