import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { bridgeAlias } from '@portolan/core'
import { emptyState } from '@portolan/host'
import type { HostFacts } from '@portolan/netfilter'
import * as nftables from '@portolan/nftables'
import { restoredSysctls } from '../../src/destroy/restored-sysctls.ts'
import { type HostRules, noRules } from '../../src/host-rules/host-rules.ts'
import { planOf, rulesAfter } from '../shop.ts'
import { ip, ip6, nat, notes, off, restored, saved, switched } from './restored.ts'

const hosts = new URL('../../../../test/kernel/conflicts/hosts/', import.meta.url)

const forward = (...lines: readonly string[]): HostRules =>
  saved(['*filter', ':FORWARD ACCEPT [0:0]', ':MINE - [0:0]', ...lines, 'COMMIT', ''].join('\n'))

const nft = (...expr: readonly object[]): HostRules => ({
  ...noRules,
  nftables: nftables.parse(
    JSON.stringify({
      nftables: [
        { table: { family: 'inet', name: 'mine', handle: 1 } },
        {
          chain: {
            ...{ family: 'inet', table: 'mine', name: 'pass', handle: 1 },
            ...{ type: 'filter', hook: 'forward', prio: 0, policy: 'accept' },
          },
        },
        { rule: { family: 'inet', table: 'mine', chain: 'pass', handle: 2, expr } },
      ],
    }),
  ),
})

describe('forwarding goes back to off', () => {
  test.each<[string, { readonly facts?: HostFacts; readonly rules?: HostRules }]>([
    ['a host with nothing foreign', {}],
    ['Portolan, whose rules and bridge go', { rules: rulesAfter(planOf()) }],
    ['Portolan in iptables', { rules: rulesAfter(planOf({ backend: 'iptables-nft' })) }],
    [
      "a bridge of Portolan's, and one that has no address to route to",
      {
        facts: {
          interfaces: [
            {
              ...{ name: 'ptl-1', kind: 'bridge', addresses: ['172.17.42.1/16'] },
              alias: bridgeAlias({ project: 'shop', network: 'web' }),
            },
            { name: 'br0', kind: 'bridge', addresses: ['fe80::1/64'] },
            { name: 'eth0', kind: 'veth', addresses: ['192.0.2.2/24', '2001:db8:1::2/64'] },
          ],
        },
      },
    ],
    ['a rule that rejects all that is forwarded', { rules: forward('-A FORWARD -j REJECT') }],
    ['a chain without a rule', { rules: forward('-A FORWARD -j MINE', '-A MINE -j RETURN') }],
    ['a chain that nothing leads to', { rules: forward('-A MINE -j ACCEPT') }],
    [
      'a rule that drops packets of no connection',
      { rules: forward('-A FORWARD -m conntrack --ctstate INVALID -j DROP') },
    ],
    [
      'a redirect to the host itself',
      { rules: nat('-A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 8080') },
    ],
  ])('on %s', (_, host) => {
    const result = restored(host)
    expect(result.kept).toEqual([])
    expect(off(result)).toEqual([`${ip} = 0`, `${ip6} = 0`])
  })
})

describe('forwarding stays on', () => {
  test.each<
    [string, { readonly facts?: HostFacts; readonly rules?: HostRules }, readonly string[], string | null]
  >([
    [
      'a bridge that has an address',
      { facts: { interfaces: [{ name: 'docker0', kind: 'bridge', addresses: ['172.17.0.1/16'] }] } },
      [ip],
      'docker',
    ],
    [
      'a bridge that an engine has defined',
      {
        facts: {
          interfaces: [{ name: 'lan', kind: 'bridge', addresses: ['192.168.9.1/24', 'fd00:9::1/64'] }],
          networks: [{ engine: 'libvirt', bridge: 'lan' }],
        },
      },
      [ip, ip6],
      'libvirt',
    ],
    ['an accepting rule', { rules: forward('-A FORWARD -j MINE', '-A MINE -i wg0 -j ACCEPT') }, [ip], null],
    ['a rule that drops some of it', { rules: forward('-A FORWARD -s 10.0.0.5/32 -j DROP') }, [ip], null],
    ['a masquerade', { rules: nat('-A POSTROUTING -o eth0 -j MASQUERADE') }, [ip], null],
    [
      'a DNAT',
      { rules: nat('-A PREROUTING -p tcp --dport 80 -j DNAT --to-destination 10.0.0.2') },
      [ip],
      null,
    ],
    ['an nft rule for both families', { rules: nft({ accept: null }) }, [ip, ip6], null],
    [
      'an nft rule for one family',
      {
        rules: nft(
          {
            match: {
              op: '==',
              left: { payload: { protocol: 'ip6', field: 'saddr' } },
              right: 'fd00::1',
            },
          },
          { accept: null },
        ),
      },
      [ip6],
      null,
    ],
    ['Docker 26', { rules: saved(readFileSync(new URL('docker-26.save', hosts), 'utf8')) }, [ip], 'docker'],
    ['Docker 29', { rules: saved(readFileSync(new URL('docker-29.save', hosts), 'utf8')) }, [ip], 'docker'],
    [
      'kube-proxy',
      { rules: saved(readFileSync(new URL('kube-proxy.save', hosts), 'utf8')) },
      [ip],
      'kube-proxy',
    ],
    ['ufw', { rules: saved(readFileSync(new URL('ufw.save', hosts), 'utf8')) }, [ip], 'ufw'],
  ])('for %s', (_, host, names, owner) => {
    const result = restored(host)
    expect(result.kept.map(({ name }) => name)).toEqual(names)
    expect(off(result)).toEqual(
      [ip, ip6].filter((name) => !names.includes(name)).map((name) => `${name} = 0`),
    )
    for (const { name, uses, commands, message } of result.kept) {
      expect(uses).toContainEqual(expect.objectContaining({ owner }))
      expect(commands).toEqual([`sysctl -w ${name}=0`])
      expect(message).toContain(`${name} stays 1. It was 0 before the first apply.`)
    }
  })

  const pair = {
    interfaces: [
      { name: 'eth0', index: 2, kind: 'veth', addresses: ['192.0.2.2/24', '2001:db8::2/64'] },
      { name: 'br0', index: 3, kind: 'bridge' },
      { name: 'port', index: 4, kind: 'veth', master: 'br0', addresses: ['10.9.0.1/24'] },
      { name: 'pod', index: 7, kind: 'veth', addresses: ['10.66.0.1/32', 'fe80::1/64'] },
      { name: 'wg0', index: 8, kind: 'wireguard', addresses: ['fd00:8::1/64'] },
      { name: 'dummy0', index: 9, kind: 'dummy', addresses: ['10.7.0.1/24', 'fd00:7::1/64'] },
      { name: 'usb0', index: 10, kind: 'ether', addresses: ['203.0.113.5/24'] },
    ],
    routes: [
      { destination: 'default', interface: 'usb0', table: 254 },
      { destination: '10.66.0.2/32', interface: 'pod', table: 254 },
      ...['pod', 'eth0'].flatMap((name) => [
        { destination: 'fe80::/64', interface: name, table: 254 },
        { destination: 'ff00::/8', interface: name, table: 255 },
      ]),
    ],
  }
  test.each<[string, readonly number[] | undefined, readonly string[]]>([
    ['came after it was switched on', [1, 2, 3, 4], ['ip pod', 'ip6 wg0']],
    ['may have come after it, where that is not known', undefined, ['ip pod', 'ip6 wg0']],
    [
      'came after it, of any kind but one that leads the host out',
      [1],
      ['ip eth0', 'ip pod', 'ip6 eth0', 'ip6 wg0'],
    ],
    ['were there before it: for none', [2, 3, 4, 7, 8], []],
  ])('for interfaces that lead on and %s', (_, links, expected) => {
    const known = links === undefined ? {} : { links }
    const { kept } = restored(
      { facts: pair },
      { [ip]: { before: '0', given: '1', ...known }, [ip6]: { before: '0', given: '1', ...known } },
    )
    const uses = kept.flatMap(({ name, uses }) =>
      uses.map(({ kind, text }) => `${name === ip ? 'ip' : 'ip6'} ${kind === 'link' ? text : kind}`),
    )
    expect(uses).toEqual(expected)
  })

  test('where rules could not be read, which is told', () => {
    const unread = ['The nftables rules could not be read: no.']
    const state = { ...emptyState, sysctls: notes }
    const { changes, kept } = restoredSysctls(
      { sysctls: switched },
      { rules: null, unread, settings: [] },
      state,
    )
    expect(changes).toEqual([])
    expect(kept[0]?.message).toContain('The nftables rules could not be read')
  })

  test('with what the kernel changes along with it, which the commands put back last', () => {
    const facts = { interfaces: [{ name: 'virbr0', kind: 'bridge', addresses: ['192.168.122.1/24'] }] }
    const { kept, changes } = restored(
      { facts },
      {
        'net.ipv4.conf.eth1.forwarding': { before: '1', given: '1' },
        'net.ipv4.conf.all.accept_redirects': { before: '0', given: '0' },
      },
    )
    expect(changes.map(({ object }) => object)).toEqual([`sysctl ${ip6}`])
    expect(kept[0]?.commands).toEqual([
      `sysctl -w ${ip}=0`,
      'sysctl -w net.ipv4.conf.eth1.forwarding=1',
      'sysctl -w net.ipv4.conf.all.accept_redirects=0',
    ])
    expect(kept[0]?.message).toContain('libvirt (bridge virbr0)')
  })

  test('and so do routes from router advertisements while IPv6 is forwarded', () => {
    const acceptRa = 'net.ipv6.conf.eth0.accept_ra'
    const facts = { interfaces: [{ name: 'br-x', kind: 'bridge', addresses: ['fd00:9::1/64'] }] }
    const { kept } = restored({ facts }, { [acceptRa]: { before: '1', given: '2' } })
    expect(kept.map(({ name, commands }) => [name, commands])).toEqual([
      [ip6, [`sysctl -w ${ip6}=0`]],
      [acceptRa, [`sysctl -w ${acceptRa}=1`]],
    ])
    expect(off(restored({}, { [acceptRa]: { before: '1', given: '2' } }))).toContain(`${acceptRa} = 1`)
  })

  test('no longer than it has the value that Portolan gave it', () => {
    const facts = { interfaces: [{ name: 'docker0', kind: 'bridge', addresses: ['172.17.0.1/16'] }] }
    const state = { ...emptyState, sysctls: notes }
    const result = restoredSysctls(
      { ...facts, sysctls: { [ip]: '0', [ip6]: '0' } },
      { rules: noRules, unread: [], settings: [] },
      state,
    )
    expect(result).toEqual({ changes: [], kept: [] })
  })
})
