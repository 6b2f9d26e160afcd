import { describe, expect, test } from '@jest/globals'
import { compile } from '../../src/index.ts'
import { mapping, network, state, target } from '../arbitrary/example.ts'
import { block } from './compiled-block.ts'

describe('compile', () => {
  test('makes hairpin and loopback flows come from the gateway', () => {
    expect(block(compile(state()), 'source_to_br-web')).toEqual([
      'ct status dnat ip saddr 172.17.0.0/16 snat ip to 172.17.42.1 comment "demo/web"',
      'ip saddr 127.0.0.0/8 snat ip to 172.17.42.1 comment "demo/web"',
    ])
  })

  test('leaves the sources of a network without masquerade alone', () => {
    const ip = { subnet: '172.17.0.0/16', gateway: '172.17.42.1', mode: 'nat', masquerade: false } as const
    expect(block(compile(state({ networks: [network({ ip })] })), 'nat_postrouting').join()).not.toContain(
      'masquerade',
    )
  })

  test('shares a port among several targets by weight', () => {
    const targets = [target(), target({ address: '172.17.0.2', weight: 3 })] as const
    const ruleset = compile(state({ mappings: [mapping({ targets })] }))
    expect(block(ruleset, 'balanced4')[2]).toContain('tcp . 8080 ')
    expect(block(ruleset, 'dnat4_tcp_8080')[0]).toContain(
      'numgen random mod 4 map { 0 : 172.17.0.1 . 80, 1-3 : 172.17.0.2 . 80 }',
    )
  })

  test('binds other machines, and not the host or its containers, to an interface', () => {
    const ruleset = compile(state({ mappings: [mapping({ interface: 'eth0' })] }))
    expect(block(ruleset, 'bound4')[2]).toContain('"eth0" . tcp . 8080 ')
    expect(block(ruleset, 'inside4')[2]).toContain('tcp . 8080 ')
    expect(block(ruleset, 'nat_prerouting')).toContain('iifname @bridges goto published_inside')
    expect(block(ruleset, 'nat_output')).toContain('goto published_inside')
  })

  test('serves the host and its containers the most exact mapping, an interface counting as for others', () => {
    const ruleset = compile(
      state({ mappings: [mapping({ interface: 'eth0' }), mapping(), mapping({ hostAddress: '192.0.2.2' })] }),
    )
    const asked = block(ruleset, 'published_inside').flatMap((line) => /@\w+4\w*/.exec(line)?.[0] ?? [])
    expect(asked).toEqual(['@dnat4_host', '@inside4', '@dnat4'])
  })

  test('drops other sources of a restricted mapping before DNAT, each packet of theirs', () => {
    const ruleset = compile(
      state({
        mappings: [mapping({ allowFrom: ['192.0.2.0/25', '192.0.2.128/25', '10.1.0.0/16', '10.0.0.0/8'] })],
      }),
    )
    expect(block(ruleset, 'allow4_tcp_8080')[0]).toContain('ip saddr != { 10.0.0.0/8, 192.0.2.0/24 } drop')
    expect(block(ruleset, 'guard_published').slice(1)).toEqual([
      'fib daddr type != local accept',
      'meta nfproto ipv4 meta l4proto . th dport vmap @restricted4',
    ])
  })

  test('closes a family without entries, and takes 0.0.0.0/0 for everyone', () => {
    const closed = compile(state({ mappings: [mapping({ allowFrom: [] })] }))
    expect(block(closed, 'allow4_tcp_8080')).toEqual(['drop comment "demo/0.0.0.0:8080/tcp -> nginx:80"'])
    expect(compile(state({ mappings: [mapping({ allowFrom: ['0.0.0.0/0'] })] }))).toEqual(compile(state()))
  })

  test('keeps an unrestricted host-specific mapping open next to a restricted wildcard of its port', () => {
    const ruleset = compile(
      state({
        mappings: [
          mapping({ allowFrom: [] }),
          mapping({ hostAddress: '192.0.2.2', targets: [target({ port: 81 })] }),
        ],
      }),
    )
    expect(block(ruleset, 'restricted4_host')[2]).toMatch(
      /^192\.0\.2\.2 \. tcp \. 8080 comment ".*" : accept,$/,
    )
  })

  test('writes nothing for ::1, which no rule can make work', () => {
    const ruleset = compile(
      state({
        mappings: [mapping({ family: 'ip6', hostAddress: '::1', targets: [target({ address: 'fd00::1' })] })],
      }),
    )
    expect(block(ruleset, 'dnat6_host')).not.toContain('elements = {')
  })
})
