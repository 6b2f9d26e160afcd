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
      source: { tool, family, table, chain, position: at + 1, handle: null, text, counters: null },
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
    '%s only looks like one, and is nobody’s',
    (chain) => {
      expect(ownerOfFirst('iptables-nft', 'filter', chain, anyRule)).toBeNull()
    },
  )
})

describe('a rule in an nft table that only one program makes', () => {
  test.each([
    ['portolan', 'portolan'],
    ['firewalld', 'firewalld'],
    ['kube-proxy', 'kube-proxy'],
    ['docker-bridges', 'docker'],
    ['libvirt_network', 'libvirt'],
    ['netavark', 'netavark'],
    ['wg-quick-wg0', 'wg-quick'],
  ])('%s is of %s', (table, owner) => {
    expect(ownerOfFirst('nft', table, 'filter_FORWARD', anyRule)).toBe(owner)
  })

  test('a table with a name that everybody uses is nobody’s', () => {
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

  test('is nobody’s when it only names Docker’s bridge: an administrator may have written it', () => {
    const text = '-A FORWARD -i eth0 -o docker0 -j DROP'
    expect(ownerOfFirst('iptables-nft', 'filter', 'FORWARD', [{ text }])).toBeNull()
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

  test('that accepts, or with nobody known around, is nobody’s', () => {
    expect([policyOwner(['DOCKER-USER'], 'accept'), policyOwner([], 'drop')]).toEqual([null, null])
  })
})
