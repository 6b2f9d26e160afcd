import { describe, expect, test } from '@jest/globals'
import { InvalidRequestError } from '@portolan/netfilter'
import { compile, type Ruleset } from '../../src/index.ts'
import { mapping, network, state, target } from '../arbitrary/example.ts'
import { block } from './compiled-block.ts'

describe('compile', () => {
  test('makes one private table', () => {
    expect(compile(state()).tables.map(({ family, name }) => `${family} ${name}`)).toEqual(['inet portolan'])
  })

  test('makes nothing of a project that wants nothing', () => {
    expect(compile(state({ networks: [], mappings: [] })).tables).toEqual([])
  })

  test('makes a plain mapping one element of an exact-match map', () => {
    const ruleset = compile(state())
    expect(block(ruleset, 'dnat4')).toEqual([
      'type inet_proto . inet_service : ipv4_addr . inet_service',
      'elements = {',
      'tcp . 8080 comment "demo/0.0.0.0:8080/tcp -> nginx:80" : 172.17.0.1 . 80,',
      '}',
    ])
  })

  test('looks a plain new packet up twice at most, the host address first', () => {
    expect(block(compile(state()), 'published_ports')).toEqual([
      'dnat ip to ip daddr . meta l4proto . th dport map @dnat4_host',
      'meta nfproto ipv4 dnat ip to meta l4proto . th dport map @dnat4',
      'ip6 saddr fe80::/10 accept',
      'ip6 daddr ::1 accept',
      'dnat ip6 to ip6 daddr . meta l4proto . th dport map @dnat6_host',
      'meta nfproto ipv6 dnat ip6 to meta l4proto . th dport map @dnat6',
    ])
  })

  test('puts nat chains at priorities no one else uses, ahead of dstnat and srcnat', () => {
    const bases = compile(state()).tables.flatMap(({ chains }) =>
      chains.flatMap(({ base }) => (base === null ? [] : [`${base.type} ${base.hook} ${base.priority}`])),
    )
    expect(bases).toEqual([
      'filter input -150',
      'nat prerouting -105',
      'nat output -105',
      'filter forward 0',
      'nat postrouting 95',
    ])
  })

  test('lets into a nat network what is established, translated or from the same bridge, and drops the rest', () => {
    expect(block(compile(state()), 'to_br-web')).toEqual([
      'ip saddr 127.0.0.0/8 drop comment "demo/web"',
      'ct original ip daddr 127.0.0.0/8 drop comment "demo/web"',
      'ct state established,related accept comment "demo/web"',
      'ct status dnat accept comment "demo/web"',
      'ip daddr 127.0.0.0/8 drop comment "demo/web"',
      'iifname "br-web" accept comment "demo/web"',
      'drop comment "demo/web"',
    ])
  })

  test('has a chain that packets pass before DNAT only where a port is open to some sources', () => {
    const bases = (ruleset: Ruleset): readonly string[] =>
      ruleset.tables.flatMap(({ chains }) => chains.flatMap(({ base }) => (base ? [base.hook] : [])))
    expect(bases(compile(state()))).toEqual(['input', 'prerouting', 'output', 'forward', 'postrouting'])
    const some = state({ mappings: [mapping({ allowFrom: ['198.51.100.0/24'] })] })
    expect(bases(compile(some))[0]).toBe('prerouting')
    expect(block(compile(some), 'guard_prerouting').slice(1)).toEqual([
      'iifname "lo" accept',
      'iifname @bridges accept',
      'goto guard_published',
    ])
  })

  test('drops loopback addresses from containers where they would reach the host, or go on', () => {
    const ruleset = compile(state())
    expect(block(ruleset, 'guard_input').slice(1)).toEqual(['iifname @bridges goto guard_network'])
    expect(block(ruleset, 'guard_network')).toEqual([
      'ip saddr 127.0.0.0/8 drop',
      'ct direction original ct original ip daddr 127.0.0.0/8 drop',
      'ct direction reply ct reply ip daddr 127.0.0.0/8 drop',
      'ct state invalid,untracked ip daddr 127.0.0.0/8 drop',
    ])
    const guard = 'iifname @bridges jump guard_network'
    const lookUp = 'oifname vmap @to_network'
    expect(block(ruleset, 'forward').slice(3, 5)).toEqual([lookUp, guard])
    // The table of an older version has internal networks that do not ask for such addresses.
    const internal = compile(state({ networks: [network({ internal: true })], mappings: [] }))
    expect(block(internal, 'forward').slice(2, 4)).toEqual([guard, lookUp])
  })

  test('lets a flow that has begun through ahead of everything, unless it may have to end', () => {
    const forward = (changes: Parameters<typeof state>[0]) =>
      block(compile(state({ mappings: [], ...changes })), 'forward').slice(1)
    const begun = 'ct state established ct original ip daddr != 127.0.0.0/8 ip saddr != 127.0.0.0/8 accept'
    const begun6 = 'ct state established meta nfproto ipv6 accept'
    const first = 'ct state invalid,new,untracked jump guard_sources'
    const ip6 = { subnet: 'fd00:1::/64', gateway: 'fd00:1::1', mode: 'nat', masquerade: true } as const
    expect(forward({}).slice(0, 2)).toEqual([begun, first])
    expect(forward({ networks: [network({ ip6 })] }).slice(0, 3)).toEqual([begun, begun6, first])
    const internal = network({ name: 'db', bridge: 'br-db', ip: null, internal: true })
    expect(forward({ networks: [network(), internal] })[0]).toBe(first)
    expect(forward({ guardForwarding: true })[0]).toBe(first)
    const external = network({ name: 'cut', bridge: 'docker0', external: true, internal: true })
    const endpoint = {
      service: 'a',
      network: 'cut',
      replica: 1,
      ip: '172.17.0.9',
      ip6: null,
      mac: '02:42:ac:11:00:09',
    }
    expect(forward({ networks: [external], endpoints: [endpoint] })[0]).toBe(first)
  })

  test('looks up the source of a first packet once, whatever the number of networks, and drops it elsewhere', () => {
    const ruleset = compile(state())
    expect(block(ruleset, 'forward')[2]).toBe('ct state invalid,new,untracked jump guard_sources')
    expect(block(ruleset, 'guard_sources')).toEqual(['ip saddr vmap @home4'])
    expect(block(ruleset, 'home4').slice(3)).toEqual([
      '172.17.0.0/16 comment "demo/web" : goto home_br-web,',
      '}',
    ])
    expect(block(ruleset, 'home_br-web')).toEqual([
      'iifname "br-web" return comment "demo/web"',
      'drop comment "demo/web"',
    ])
  })

  test('lets nothing leave a masqueraded network that no nat chain would masquerade', () => {
    const ruleset = compile(state())
    expect(block(ruleset, 'forward')).toContain('ct state invalid,new,untracked iifname vmap @from_network')
    expect(block(ruleset, 'from_br-web')).toEqual([
      'meta nfproto ipv4 ct state invalid,untracked drop comment "demo/web"',
      'ip saddr != 172.17.0.0/16 drop comment "demo/web"',
    ])
    const open = compile(state({ networks: [network({ internal: true })], mappings: [] }))
    expect(block(open, 'forward').join()).not.toContain('from_network')
  })

  test('forwards nothing from a network without a gateway, in that family', () => {
    const ip = { subnet: '172.17.0.0/16', gateway: null, mode: 'isolated', masquerade: false } as const
    const ruleset = compile(state({ networks: [network({ ip, internal: true })], mappings: [] }))
    expect(block(ruleset, 'guard_sources')[0]).toBe('iifname vmap @isolated')
    expect(block(ruleset, 'isolated_br-web')).toEqual([
      'meta nfproto ipv4 oifname != "br-web" drop comment "demo/web"',
    ])
    expect(block(compile(state()), 'guard_sources')).toEqual(['ip saddr vmap @home4'])
  })

  test('has one home for a subnet that two networks name', () => {
    const ruleset = compile(state({ networks: [network(), network({ name: 'twice', bridge: 'br-twice' })] }))
    expect(block(ruleset, 'home4').filter((line) => line.includes('goto'))).toHaveLength(1)
    expect(block(ruleset, 'home_br-twice')).toEqual([])
  })

  test('with icc off drops what two containers of one bridge say to each other', () => {
    const rules = block(compile(state({ networks: [network({ icc: false })] })), 'to_br-web')
    expect(rules).toContain('iifname "br-web" drop comment "demo/web"')
  })

  test('cuts an internal network off in both directions, and hides nothing behind the host', () => {
    const ruleset = compile(state({ networks: [network({ internal: true })], mappings: [] }))
    expect(block(ruleset, 'to_br-web')[0]).toBe('iifname != @bridges drop comment "demo/web"')
    expect(block(ruleset, 'forward')).toContain('iifname @internal drop')
    expect(block(ruleset, 'masquerade4')).toEqual([])
  })

  test('opens every port of an unprotected network, and ping and the published ports of a routed one', () => {
    const ip = {
      subnet: '172.17.0.0/16',
      gateway: '172.17.42.1',
      mode: 'nat-unprotected',
      masquerade: true,
    } as const
    const open = compile(state({ networks: [network({ ip })] }))
    expect(block(open, 'to_br-web').at(-2)).toBe('meta nfproto ipv4 accept comment "demo/web"')
    const routed = compile(
      state({
        networks: [network({ ip: { ...ip, mode: 'routed', masquerade: false } })],
        mappings: [mapping({ kind: 'direct', hostPort: 80 })],
      }),
    )
    expect(block(routed, 'to_br-web').slice(-3)).toEqual([
      'ip daddr . meta l4proto . th dport vmap @published4 comment "demo/web"',
      'iifname != @bridges icmp type echo-request accept comment "demo/web"',
      'drop comment "demo/web"',
    ])
    expect(block(routed, 'published4')[2]).toMatch(/^172\.17\.0\.1 \. tcp \. 80 comment .* : accept,$/)
  })

  test('refuses what could break out of a quoted string', () => {
    for (const bridge of [
      'br"0',
      'br\n0',
      'br*',
      'a\\',
      '',
      '.',
      '..',
      'a b',
      'a/b',
      '@bridges',
      'a'.repeat(16),
      'br\u{202e}',
    ])
      expect(() => compile(state({ networks: [network({ bridge })] }))).toThrow(InvalidRequestError)
    expect(() => compile(state({ mappings: [mapping({ interface: 'e"; flush ruleset' })] }))).toThrow(
      InvalidRequestError,
    )
    expect(() => compile(state({ project: 'Demo/..' }))).toThrow(InvalidRequestError)
    expect(() =>
      compile(state({ mappings: [mapping({ targets: [target({ address: '1.2.3.4; drop' })] })] })),
    ).toThrow(InvalidRequestError)
    expect(() => compile(state({ mappings: [mapping({ hostPort: 65536 })] }))).toThrow(InvalidRequestError)
  })

  test('cuts a comment to what the kernel keeps, between characters', () => {
    const long = '漢'.repeat(100)
    const ruleset = compile(state({ mappings: [mapping({ label: `${long}"\n` })] }))
    const comment = ruleset.tables[0]?.sets.find(({ name }) => name === 'dnat4')?.elements[0]?.comment ?? ''
    expect(comment.startsWith('demo/漢漢')).toBe(true)
    expect(new TextEncoder().encode(comment).length).toBeLessThanOrEqual(127)
    expect(comment).not.toContain('\ufffd')
  })

  test('gives two interfaces whose names differ in odd characters chains of their own', () => {
    const bridges = ['br-@1', 'br-#1', 'br-_1', 'br-é1']
    const networks = bridges.map((bridge, at) =>
      network({
        bridge,
        ip: { subnet: `172.${17 + at}.0.0/16`, gateway: null, mode: 'isolated', masquerade: false },
      }),
    )
    const names = compile(state({ networks, mappings: [] })).tables[0]?.chains.map(({ name }) => name) ?? []
    expect(new Set(names).size).toBe(names.length)
    expect(names.filter((name) => name.startsWith('to_'))).toHaveLength(4)
  })
})
