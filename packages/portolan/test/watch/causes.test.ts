import { describe, expect, test } from '@jest/globals'
import type { Notice } from '@portolan/host'
import { causesOf } from '../../src/watch/causes.ts'

const table = (action: 'new' | 'replaced' | 'removed' | 'changed', added = 0, removed = 0): Notice => ({
  kind: 'rules',
  generation: 7,
  process: { pid: 4711, name: 'nft' },
  tables: [{ family: 'inet', name: 'portolan', action, added, removed }],
})

const textsOf = (...notices: readonly Notice[]): readonly string[] =>
  causesOf(notices, 1).map(({ text }) => text)

describe('what other programs did', () => {
  test.each<readonly [Notice, string]>([
    [table('removed'), 'nft (process 4711) removed table inet portolan'],
    [table('replaced'), 'nft (process 4711) replaced table inet portolan'],
    [table('new'), 'nft (process 4711) made table inet portolan'],
    [table('changed', 1, 0), 'nft (process 4711) added to table inet portolan'],
    [table('changed', 0, 1), 'nft (process 4711) removed from table inet portolan'],
    [table('changed', 1, 1), 'nft (process 4711) changed table inet portolan'],
    [
      { kind: 'legacy-rules', family: 'ip6', tables: ['nat'] },
      'rules of iptables-legacy changed (IPv6, nat)',
    ],
    [{ kind: 'link', action: 'removed', link: { name: 'br-web' } }, 'interface br-web was removed'],
    [
      { kind: 'address', action: 'removed', interface: null, address: '10.0.0.1/8' },
      'address 10.0.0.1/8 was removed from an interface',
    ],
    [
      { kind: 'route', action: 'new', route: { destination: '172.17.0.0/16', interface: 'wg0', table: 51 } },
      'route 172.17.0.0/16 by wg0 in table 51 came',
    ],
    [
      { kind: 'sysctl', family: 'ip', interface: 'all', name: 'net.ipv4.conf.all.forwarding', value: '0' },
      'net.ipv4.conf.all.forwarding became 0',
    ],
    [{ kind: 'nexthop', action: 'removed', id: 5 }, 'nexthop 5 was removed'],
    [{ kind: 'rule', action: 'new', rule: { priority: 100 } }, 'routing rule 100 came'],
  ])('%j is told as a clause', (notice, text) => {
    expect(textsOf(notice)).toEqual([text])
  })

  test('is told by what other things follow from, and not what follows from it', () => {
    const local: Notice = {
      kind: 'route',
      action: 'removed',
      route: { destination: '10.0.0.1/32', table: 255 },
    }
    const address: Notice = { kind: 'address', action: 'removed', interface: 'br-web', address: '10.0.0.1/8' }
    expect(textsOf(local, address, { kind: 'link', action: 'removed', link: { name: 'br-web' } })).toEqual([
      'interface br-web was removed',
      'address 10.0.0.1/8 was removed from br-web',
    ])
  })

  test('is not what this process did, and each is told once', () => {
    expect(causesOf([table('removed')], 4711)).toEqual([])
    expect(textsOf(table('removed'), table('removed'))).toHaveLength(1)
  })

  test('of very much the first is told, and the rest counted', () => {
    const links = Array.from(
      { length: 10 },
      (_, at): Notice => ({ kind: 'link', action: 'new', link: { name: `v${at}` } }),
    )
    expect(textsOf(...links).at(-1)).toBe('and 4 more changes')
  })

  test('is counted where it is much, one as one', () => {
    const routes = (count: number): readonly Notice[] =>
      Array.from({ length: count }, (_, at) => ({
        kind: 'route',
        action: 'new',
        route: { destination: `10.${at}.0.0/16` },
      }))
    expect(textsOf(...routes(7)).at(-1)).toBe('and 1 more change')
    expect(textsOf(...routes(8)).at(-1)).toBe('and 2 more changes')
  })
})
