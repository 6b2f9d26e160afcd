import { describe, expect, test } from '@jest/globals'
import { emptyState, type HostState } from '@portolan/host'
import type { Removal } from '../../src/destroy/plan-removal.ts'
import { noRules } from '../../src/host-rules/host-rules.ts'
import { after, forwards, planOf } from '../shop.ts'
import { blog, inWords, parts, remove } from './removed.ts'

describe('what was remembered of a host', () => {
  const sysctls = {
    'net.ipv4.ip_forward': { before: '0', given: '1' },
    'net.ipv4.conf.docker0.route_localnet': { before: '0', given: '1' },
  }
  const state: HostState = { ...emptyState, sysctls }
  const host = (values: Record<string, string>) => {
    const { facts, rules } = after(planOf())
    return { rules, facts: { ...facts, sysctls: values } }
  }
  const given = { 'net.ipv4.ip_forward': '1', 'net.ipv4.conf.docker0.route_localnet': '1' }
  const restored = (removal: Removal): readonly string[] =>
    removal.changes.flatMap(({ part, after: text }) => (part === 'sysctl' && text !== null ? [text] : []))

  test('is put back, before anything else', () => {
    const removal = remove(host(given), null, state)
    expect(restored(removal)).toEqual(['net.ipv4.ip_forward = 0', 'net.ipv4.conf.docker0.route_localnet = 0'])
    expect(parts(removal)).toEqual(['sysctl', 'link', 'nftables'])
    expect(removal.changes[0]).toMatchObject({
      description: 'Put net.ipv4.ip_forward back to the value it had before the first apply.',
      reverse: 'sysctl -w net.ipv4.ip_forward=1',
    })
  })

  test.each<[string, Record<string, string>, readonly string[]]>([
    [
      'was changed since',
      { ...given, 'net.ipv4.ip_forward': '0' },
      ['net.ipv4.conf.docker0.route_localnet = 0'],
    ],
    [
      'was given another value since',
      { ...given, 'net.ipv4.ip_forward': '2' },
      ['net.ipv4.conf.docker0.route_localnet = 0'],
    ],
    ['is gone with its interface', { 'net.ipv4.ip_forward': '1' }, ['net.ipv4.ip_forward = 0']],
  ])('is left alone where it %s', (_, values, expected) => {
    expect(restored(remove(host(values), null, state))).toEqual(expected)
  })

  test('is left alone where nothing was changed', () => {
    const same = { ...emptyState, sysctls: { 'net.ipv4.ip_forward': { before: '1', given: '1' } } }
    expect(restored(remove(host(given), null, same))).toEqual([])
  })

  const [eth1, redirects] = ['net.ipv4.conf.eth1.forwarding', 'net.ipv4.conf.all.accept_redirects']
  const overwritten = {
    [eth1]: { before: '1', given: '1' },
    [redirects]: { before: '0', given: '0' },
  }

  test('and is overwritten with forwarding comes right after the switch of the family', () => {
    const kept = { ...emptyState, sysctls: { ...overwritten, ...sysctls } }
    const removal = remove(host({ ...given, [eth1]: '1', [redirects]: '0' }), null, kept)
    expect(restored(removal)).toEqual([
      'net.ipv4.ip_forward = 0',
      `${eth1} = 1`,
      `${redirects} = 0`,
      'net.ipv4.conf.docker0.route_localnet = 0',
    ])
    expect(removal.changes[2]).toMatchObject({
      description: `Put ${redirects} back to 0: the kernel sets it to 1 when forwarding is switched off.`,
      operation: { kind: 'restore-sysctl', before: '1', value: '0' },
    })
  })

  test('and was overwritten by a destroy that was killed halfway is put back by the next', () => {
    const switched = { ...given, 'net.ipv4.ip_forward': '0', [eth1]: '0', [redirects]: '1' }
    const half = {
      ...emptyState,
      sysctls: {
        ...overwritten,
        'net.ipv4.ip_forward': { before: '0', given: '1', restoring: true } as const,
      },
    }
    expect(restored(remove(host(switched), null, half))).toEqual([`${eth1} = 1`, `${redirects} = 0`])
    // Another program turned it off. So the settings that changed with it are not Portolan's any more.
    const others = { ...emptyState, sysctls: { ...overwritten, ...sysctls } }
    expect(restored(remove(host(switched), null, others))).toEqual([
      'net.ipv4.conf.docker0.route_localnet = 0',
    ])
  })

  test('and keeps routes from router advertisements goes back after forwarding is off, and only then', () => {
    const [all, acceptRa] = ['net.ipv6.conf.all.forwarding', 'net.ipv6.conf.eth0.accept_ra']
    const kept = {
      ...emptyState,
      sysctls: { [acceptRa]: { before: '1', given: '2' }, [all]: { before: '0', given: '1' } },
    }
    expect(restored(remove(host({ [all]: '1', [acceptRa]: '2' }), null, kept))).toEqual([
      `${all} = 0`,
      `${acceptRa} = 1`,
    ])
    // Killed in between, or turned off by another program.
    expect(restored(remove(host({ [all]: '0', [acceptRa]: '2' }), null, kept))).toEqual([`${acceptRa} = 1`])
    // Another program has set it to 2, so it stays on. With `accept_ra` at 1 the route would then be lost.
    expect(restored(remove(host({ [all]: '2', [acceptRa]: '2' }), null, kept))).toEqual([])
  })

  test('stays while another project stays', () => {
    const both = after(planOf({ ...after(planOf({ facts: forwards })), intent: blog }))
    const facts = { ...both.facts, sysctls: given }
    expect(restored(remove({ ...both, facts }, 'blog', state))).toEqual([])
    expect(restored(remove({ ...both, facts }, null, state))).toHaveLength(2)
  })

  const hairpin: HostState = {
    ...emptyState,
    attributes: { 'hairpin veth1': { before: 'off', given: 'on' } },
  }
  test.each<[string, boolean | null, readonly string[]]>([
    ['is put back', true, ['link change bridge port veth1']],
    ['is left alone where it is off already', false, []],
    ['is left alone where the port is gone', null, []],
  ])('of a foreign port %s', (_, on, expected) => {
    const interfaces = on === null ? [] : [{ name: 'veth1', master: 'docker0', hairpin: on }]
    expect(inWords(remove({ facts: { interfaces }, rules: noRules }, null, hairpin))).toEqual(expected)
  })
})
