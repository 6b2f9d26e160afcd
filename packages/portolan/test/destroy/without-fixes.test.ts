import { describe, expect, test } from '@jest/globals'
import { emptyState, type Fix } from '@portolan/host'
import * as iptables from '@portolan/iptables'
import type { Family } from '@portolan/netfilter'
import { planRemoval, type Removal } from '../../src/destroy/plan-removal.ts'
import { type HostRules, noRules } from '../../src/host-rules/host-rules.ts'

const forwarding = { ip: 'net.ipv4.ip_forward', ip6: 'net.ipv6.conf.all.forwarding' } as const

const dockerUser = (family: Family, ...rules: readonly string[]): iptables.Ruleset =>
  iptables.parse(
    [
      '*filter',
      ':FORWARD DROP [0:0]',
      ':DOCKER-USER - [0:0]',
      '-A FORWARD -j DOCKER-USER',
      ...rules,
      'COMMIT',
      '',
    ].join('\n'),
    'iptables-save',
    family,
  )

const fixOf = (program: string, ...words: readonly string[]): Fix => ({
  ...{ project: 'shop', name: 'DOCKER-USER', beneficiaries: ['web'], needs: [], commands: [] },
  undo: [[program, '-t', 'filter', '-D', 'DOCKER-USER', ...words, '-j', 'ACCEPT']],
})

const removal = (family: Family, rules: Partial<HostRules>, ...fixes: readonly Fix[]): Removal => {
  const host = { ...noRules, ...rules }
  const sysctls = { [forwarding[family]]: { before: '0', given: '1' } }
  return planRemoval({
    facts: { sysctls: { [forwarding[family]]: '1' } },
    rules: host,
    surroundings: { rules: host, unread: [], settings: [] },
    state: { ...emptyState, sysctls, fixes },
    ...{ project: null, leases: null, stateDirectory: '/state', live: [] },
  })
}

const kept = ({ kept }: Removal): readonly string[] => kept.map(({ name }) => name)

describe('a rule that --fix asked of DOCKER-USER', () => {
  const port = ['-d', '172.30.1.10', '-o', 'br-front', '-p', 'tcp', '--dport', '80']
  const saved = '-A DOCKER-USER -d 172.30.1.10/32 -o br-front -p tcp -m tcp --dport 80 -j ACCEPT'
  const answers = '-A DOCKER-USER -i br-front -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT'
  const answerWords = ['-i', 'br-front', '-m', 'conntrack', '--ctstate', 'RELATED,ESTABLISHED']

  test.each(['nft', 'legacy'] as const)(
    'of iptables-%s goes with the mapping, so that forwarding goes back to off',
    (variant) => {
      const rules = { [`iptables-${variant}`]: dockerUser('ip', saved, answers) }
      const fixes = [port, answerWords].map((words) => fixOf(`iptables-${variant}`, ...words))
      expect(kept(removal('ip', rules, ...fixes))).toEqual([])
      expect(kept(removal('ip', rules))).toEqual([forwarding.ip])
    },
  )

  test('of ip6tables-nft goes too', () => {
    const line = '-A DOCKER-USER -d fd00:1::10/128 -o br-front -p udp -m udp --dport 53 -j ACCEPT'
    const rules = { 'iptables-nft': dockerUser('ip6', line) }
    const words = ['-d', 'fd00:1::10', '-o', 'br-front', '-p', 'udp', '--dport', '53']
    expect(kept(removal('ip6', rules, fixOf('ip6tables-nft', ...words)))).toEqual([])
    expect(kept(removal('ip6', rules, fixOf('iptables-nft', ...words)))).toEqual([forwarding.ip6])
  })

  test('goes once: the same rule of the administrator, and every other one, may rely on forwarding', () => {
    const twice = { 'iptables-nft': dockerUser('ip', saved, saved) }
    expect(kept(removal('ip', twice, fixOf('iptables-nft', ...port)))).toEqual([forwarding.ip])
    const other = { 'iptables-nft': dockerUser('ip', saved.replace(' 80 ', ' 81 ')) }
    expect(kept(removal('ip', other, fixOf('iptables-nft', ...port)))).toEqual([forwarding.ip])
  })

  test('is told apart from what ufw was asked for', () => {
    const fix: Fix = {
      ...fixOf('ufw'),
      name: 'ufw',
      undo: [['ufw', 'route', 'delete', 'allow', 'to', 'any']],
    }
    expect(kept(removal('ip', { 'iptables-nft': dockerUser('ip', saved) }, fix))).toEqual([forwarding.ip])
  })
})
