import { describe, expect, test } from '@jest/globals'
import {
  jumpTo,
  type NetfilterChain,
  type NetfilterRule,
  type NetfilterTable,
  ownerOf,
  type RuleTool,
  type Step,
  verdict,
} from '../../src/index.ts'

const place = (
  tool: RuleTool,
  table: string,
  chain: string,
  rules: readonly { readonly text: string; readonly steps?: readonly Step[] }[] = [],
  policy: 'accept' | 'drop' = 'accept',
): {
  readonly table: NetfilterTable
  readonly chain: NetfilterChain
  readonly rules: readonly NetfilterRule[]
} => {
  const family = tool === 'nft' ? 'inet' : 'ip'
  const made: NetfilterChain = {
    name: chain,
    base: /^[A-Z]+$/.test(chain)
      ? { type: 'filter', hook: 'forward', priority: 0, policy, devices: [] }
      : null,
    rules: rules.map(({ text, steps = [verdict('accept')] }, at) => ({
      source: {
        tool,
        family,
        table,
        chain,
        position: at + 1,
        handle: null,
        text,
        comment: null,
        counters: null,
      },
      steps,
    })),
  }
  return {
    table: { tool, family, name: table, dormant: false, chains: [made] },
    chain: made,
    rules: made.rules,
  }
}

const ownerOfFirst = (...of: Parameters<typeof place>): string | null => {
  const { table, chain, rules } = place(...of)
  return ownerOf(table, chain, rules[0] ?? null)
}

const anyRule = [{ text: '-A x -j ACCEPT' }]

describe('a rule in a chain that only one program makes', () => {
  test.each([
    ['DOCKER', 'docker'],
    ['DOCKER-USER', 'docker'],
    ['DOCKER-ISOLATION-STAGE-1', 'docker'],
    ['KUBE-SERVICES', 'kube-proxy'],
    ['KUBE-SVC-4AT6LBPK', 'kube-proxy'],
    ['FWDI_public', 'firewalld'],
    ['FORWARD_IN_ZONES', 'firewalld'],
    ['FORWARD_direct', 'firewalld'],
    ['FORWARD_POLICIES', 'firewalld'],
    ['FORWARD_dnat', 'firewalld'],
    ['OUT_public', 'firewalld'],
    ['FWD_Home_allow', 'firewalld'],
    ['ufw-user-input', 'ufw'],
    ['ufw6-before-forward', 'ufw'],
    ['LIBVIRT_FWX', 'libvirt'],
    ['NETAVARK_FORWARD', 'netavark'],
    ['NETAVARK-1D8721804F16F', 'netavark'],
    ['ts-forward', 'tailscale'],
    ['PORTOLAN-FORWARD', 'portolan'],
    ['CNI-HOSTPORT-DNAT', 'cni'],
    ['f2b-sshd', 'fail2ban'],
  ])('%s is of %s', (chain, owner) => {
    expect(ownerOfFirst('iptables-nft', 'filter', chain, anyRule)).toBe(owner)
  })

  test.each([['DOCKERS'], ['MY-DOCKER'], ['IN_HOUSE'], ['ts-mine'], ['KUBERNETES'], ['portolan-like']])(
    '%s only looks like one, and has no owner',
    (chain) => {
      expect(ownerOfFirst('iptables-nft', 'filter', chain, anyRule)).toBeNull()
    },
  )
})

describe('a rule in an nft table that only one program makes', () => {
  test.each([
    ['portolan', 'portolan'],
    ['firewalld', 'firewalld'],
    ['firewalld_policy_drop', 'firewalld'],
    ['kube-proxy', 'kube-proxy'],
    ['docker-bridges', 'docker'],
    ['libvirt_network', 'libvirt'],
    ['netavark', 'netavark'],
    ['wg-quick-wg0', 'wg-quick'],
  ])('%s is of %s', (table, owner) => {
    expect(ownerOfFirst('nft', table, 'filter_FORWARD', anyRule)).toBe(owner)
  })

  test('a table with a common name has no owner', () => {
    expect(ownerOfFirst('nft', 'filter', 'forward', anyRule)).toBeNull()
  })
})

describe('a rule in a built-in chain', () => {
  test('belongs to whose chain it leads to', () => {
    const jump = [{ text: '-A FORWARD -j DOCKER-USER', steps: [jumpTo('DOCKER-USER')] }]
    expect(ownerOfFirst('iptables-legacy', 'filter', 'FORWARD', jump)).toBe('docker')
  })

  test.each([
    ['POSTROUTING', '-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE'],
    ['POSTROUTING', '-A POSTROUTING -s 172.18.0.0/16 ! -o br-0123456789ab -j MASQUERADE'],
    ['FORWARD', '-A FORWARD -i docker0 ! -o docker0 -j ACCEPT'],
    ['PREROUTING', '-A PREROUTING -d 172.17.0.2/32 ! -i docker0 -j DROP'],
  ])('is Docker’s when it has the form that Docker writes: %s', (chain, text) => {
    expect(ownerOfFirst('iptables-nft', 'x', chain, [{ text }])).toBe('docker')
  })

  test('has no owner when it only names Docker’s bridge: an administrator may have written it', () => {
    const text = '-A FORWARD -i eth0 -o docker0 -j DROP'
    expect(ownerOfFirst('iptables-nft', 'filter', 'FORWARD', [{ text }])).toBeNull()
  })

  test('is Docker’s when Docker’s own chain names the bridge, whatever its name', () => {
    const { table, chain, rules } = place('iptables-nft', 'nat', 'POSTROUTING', [
      { text: '-A POSTROUTING -s 172.30.0.0/16 ! -o shop0 -j MASQUERADE' },
    ])
    const [rule = null] = rules
    const docker = place('iptables-nft', 'nat', 'DOCKER', [{ text: '-A DOCKER -i shop0 -j RETURN' }])
    expect(ownerOf({ ...table, chains: [chain, docker.chain] }, chain, rule)).toBe('docker')
    const again = place('iptables-nft', 'nat', 'POSTROUTING', [{ text: rule?.source.text ?? '' }])
    expect(ownerOf(again.table, again.chain, again.rules[0] ?? null)).toBeNull()
  })
})

describe('of the rules that firewalld’s iptables backend writes into a built-in chain', () => {
  const first = '-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED,DNAT -j ACCEPT'
  const reject = '-A FORWARD -j REJECT --reject-with icmp-host-prohibited'
  const block = [first, '-A FORWARD -j FORWARD_direct', '-A FORWARD -j FORWARD_POLICIES', reject]
  const ownersOf = (...texts: readonly string[]): readonly (string | null)[] => {
    const { table, chain, rules } = place(
      'iptables-nft',
      'filter',
      'FORWARD',
      texts.map((text) => ({
        text,
        steps: /-j [A-Z]+_/.test(text) ? [jumpTo(text.slice(text.lastIndexOf(' ') + 1))] : [],
      })),
    )
    return rules.map((rule) => ownerOf(table, chain, rule))
  }

  test('all are firewalld’s, the final REJECT too', () => {
    expect(ownersOf(...block)).toEqual(block.map(() => 'firewalld'))
  })

  test('a rule of the same form away from them has no owner', () => {
    const drop = '-A FORWARD -s 10.9.9.9/32 -j DROP'
    expect(ownersOf(first, drop, ...block, drop, reject)).toEqual([
      null,
      null,
      ...block.map(() => 'firewalld'),
      null,
      null,
    ])
    expect(ownersOf(first, ...block, reject)).toEqual([null, ...block.map(() => 'firewalld'), null])
  })

  test('none is claimed where firewalld has no jump of its own', () => {
    expect(ownersOf(first, reject)).toEqual([null, null])
  })
})

describe('a table that a program keeps for itself', () => {
  test('is of that program, where its name tells of none', () => {
    const { table, chain, rules } = place('nft', 'guard', 'forward', anyRule)
    expect(ownerOf({ ...table, program: 'guardd' }, chain, rules[0] ?? null)).toBe('guardd')
  })

  test('is not ours because the program calls itself portolan', () => {
    const { table, chain, rules } = place('nft', 'guard', 'forward', anyRule)
    expect(ownerOf({ ...table, program: 'portolan' }, chain, rules[0] ?? null)).toBeNull()
  })
})

describe('a policy', () => {
  const jumps = (...chains: readonly string[]) =>
    chains.map((chain) => ({ text: `-A FORWARD -j ${chain}`, steps: [jumpTo(chain)] }))
  const policyOwner = (chains: readonly string[], policy: 'accept' | 'drop'): string | null => {
    const { table, chain } = place('iptables-nft', 'filter', 'FORWARD', jumps(...chains), policy)
    return ownerOf(table, chain, null)
  }

  test('that drops in FORWARD is Docker’s where only Docker hooks in', () => {
    expect(policyOwner(['DOCKER-USER'], 'drop')).toBe('docker')
  })

  test('is ufw’s where ufw is there too, which sets it whenever it is loaded', () => {
    expect(policyOwner(['DOCKER-USER', 'ufw-before-forward'], 'drop')).toBe('ufw')
  })

  test('is firewalld’s where all policies of a table that it hooks into drop, which is its panic mode', () => {
    const rules = [{ text: '-A FORWARD -j FORWARD_direct', steps: [jumpTo('FORWARD_direct')] }]
    const { table, chain } = place('iptables-nft', 'raw', 'FORWARD', rules, 'drop')
    expect(ownerOf(table, chain, null)).toBe('firewalld')
  })

  test('that accepts, or with no known owner around, has no owner', () => {
    expect([policyOwner(['DOCKER-USER'], 'accept'), policyOwner([], 'drop')]).toEqual([null, null])
  })
})
