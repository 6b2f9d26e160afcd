import { describe, expect, test } from '@jest/globals'
import { isHookCommand } from '@portolan/core'
import type { Fix } from '@portolan/host'
import type { NetfilterRuleset } from '@portolan/netfilter'
import { closeLater } from '../../src/firewalld/close-later.ts'
import { fixCommands } from '../../src/plan/fix-change.ts'
import { intentOf, planOf } from '../shop.ts'

const permanent = (...words: readonly string[]): readonly string[] => [
  'firewall-cmd',
  '--permanent',
  ...words,
]
const out = (family: string, source: string, end: string): string =>
  `--add-rich-rule=rule family="${family}" source address="${source}"${end}`
const policy = '--policy=pl-br-front'

const fix: Fix = {
  project: 'shop',
  name: 'firewalld',
  beneficiaries: ['network front'],
  needs: [],
  commands: [
    permanent('--new-policy=pl-br-front'),
    permanent(policy, out('ipv4', '172.30.1.0/24', ' destination address="10.88.0.0/16" reject')),
    permanent(policy, out('ipv4', '172.30.1.0/24', ' accept')),
    permanent(policy, '--add-rich-rule=rule family="ipv6" destination address="fd00:30:1::10" accept'),
    ['firewall-cmd', '--reload'],
  ],
  undo: [permanent('--delete-policy=pl-br-front'), ['firewall-cmd', '--reload']],
}

const inForce = (name: string): readonly NetfilterRuleset[] => [
  {
    tables: [
      {
        ...{ tool: 'nft', family: 'inet', name: 'firewalld', dormant: false },
        chains: [{ name, base: null, rules: [] }],
      },
    ],
  },
]
const rules = inForce('filter_FWD_policy_pl-br-front')
const { networks } = planOf({
  intent: intentOf(
    'networks: {front: {driver_opts: {com.docker.network.bridge.name: br-front}}}\nservices: {web: {networks: [front]}}',
  ),
}).desired
const close = (subnets: readonly string[], project = 'shop', rulesets = rules) =>
  closeLater({ project, networks }, [fix], subnets, rulesets)

describe('a policy of ours that lets containers out', () => {
  test('is closed to the networks that came later, at run time and permanently, without a reload', () => {
    const { changes, fixes, conflicts } = close(['10.88.0.0/16', '10.66.0.0/24', 'fd00:66::/64'])
    const refusal = out('ipv4', '172.30.1.0/24', ' destination address="10.66.0.0/24" reject')
    const commands = changes.flatMap(({ operation }) => fixCommands(operation).commands)
    expect(commands).toEqual([permanent(policy, refusal), ['firewall-cmd', policy, refusal]])
    expect(commands.every((words) => isHookCommand('firewalld', words))).toBe(true)
    expect(fixes[0]?.commands.at(-2)).toEqual(permanent(policy, refusal))
    expect(fixes[0]?.undo).toEqual(fix.undo)
    // Until then a conflict reports what is open.
    expect(conflicts).toMatchObject([{ kind: 'Bypassed', severity: 'warning', network: 'front' }])
    expect(conflicts[0]?.message).toContain('made later: 10.66.0.0/24. ')
    // Once this is stored, nothing is left to do.
    expect(closeLater({ project: 'shop', networks }, fixes, ['10.66.0.0/24'], rules)).toMatchObject({
      changes: [],
      conflicts: [],
    })
  })

  test.each<[string, Parameters<typeof close>]>([
    ['where nothing came', [['10.88.0.0/16', 'fd00:66::/64']]],
    ['of another project, which closes its own', [['10.66.0.0/24'], 'other']],
    ['that is not in force', [['10.66.0.0/24'], 'shop', inForce('filter_FWD_policy_pl-br-frontier')]],
  ])('stays as it is %s', (_, given) => {
    expect(close(...given)).toEqual({ changes: [], fixes: [fix], conflicts: [] })
  })
})
