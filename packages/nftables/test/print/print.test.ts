import { describe, expect, test } from '@jest/globals'
import { InvalidRequestError } from '@portolan/netfilter'
import { compile, parse, print, printScript } from '../../src/index.ts'
import { emptyRuleset } from '../../src/model/index.ts'
import { state } from '../arbitrary/example.ts'

const withRule = (expr: readonly unknown[], comment?: string): string =>
  JSON.stringify({
    nftables: [
      { table: { family: 'ip', name: 't' } },
      { chain: { family: 'ip', table: 't', name: 'c' } },
      { rule: { family: 'ip', table: 't', chain: 'c', expr, ...(comment === undefined ? {} : { comment }) } },
    ],
  })

const text = (expr: readonly unknown[], comment?: string): string =>
  print(parse(withRule(expr, comment)), 'nft')
    .split('\n')[2]
    ?.trim() ?? ''

describe('print', () => {
  test('lists a rule in the words of nft', () => {
    expect(
      text([
        { match: { op: '==', left: { meta: { key: 'iifname' } }, right: 'eth0' } },
        {
          match: {
            op: '!=',
            left: { payload: { protocol: 'ip', field: 'saddr' } },
            right: { prefix: { addr: '10.0.0.0', len: 8 } },
          },
        },
        { counter: { packets: 1, bytes: 2 } },
        { dnat: { addr: '10.0.0.1', port: 80 } },
      ]),
    ).toBe('iifname "eth0" ip saddr != 10.0.0.0/8 counter packets 1 bytes 2 dnat to 10.0.0.1:80')
  })

  test('writes brackets around an IPv6 address that has a port', () => {
    expect(text([{ dnat: { family: 'ip6', addr: 'fd00::1', port: 80 } }])).toBe('dnat ip6 to [fd00::1]:80')
  })

  test('says == after a bit operation, where a bare value would be one more operand', () => {
    expect(text([{ match: { op: '==', left: { '&': [{ meta: { key: 'mark' } }, 255] }, right: 1 } }])).toBe(
      'meta mark & 255 == 1',
    )
  })

  test('says == for flags that have to be the only ones, where a bare value would ask for a bit', () => {
    const match = (op: string, left: unknown, right: unknown) => text([{ match: { op, left, right } }])
    const flags = { payload: { protocol: 'tcp', field: 'flags' } }
    expect(match('==', flags, 'syn')).toBe('tcp flags == syn')
    expect(match('in', flags, 'syn')).toBe('tcp flags syn')
    expect(match('==', flags, { set: ['syn', 'ack'] })).toBe('tcp flags { syn, ack }')
    expect(match('==', { ct: { key: 'state' } }, 'new')).toBe('ct state == new')
    expect(match('==', { ct: { key: 'status' } }, { '|': ['snat', 'dnat'] })).toBe('ct status == snat | dnat')
  })

  test('keeps handles in JSON, which a listing has, and has none in a script, where they would be places', () => {
    const place = { family: 'inet', table: 'portolan' }
    const listed = {
      nftables: [
        { table: { family: 'inet', name: 'portolan', handle: 3 } },
        { chain: { ...place, name: 'c', handle: 1 } },
        { set: { ...place, name: 's', type: 'ipv4_addr', handle: 2 } },
        { rule: { ...place, chain: 'c', handle: 4, expr: [{ accept: null }] } },
      ],
    }
    const ruleset = parse(JSON.stringify(listed))
    expect(JSON.parse(print(ruleset, 'nft-json')).nftables.slice(1)).toEqual(listed.nftables)
    const script = printScript(ruleset, 'nft-json')
    expect(script).toContain('"accept"')
    expect(script).not.toContain('handle')
  })

  test('makes a comment line of a rule it cannot say', () => {
    expect(text([{ wonder: { port: 1 } }])).toMatch(/^# not understood: .*wonder/)
  })

  test('refuses a comment that would end its own quotes, and prints it as JSON', () => {
    const comment = 'x" ; flush ruleset'
    expect(() => text([{ accept: null }], comment)).toThrow(InvalidRequestError)
    expect(JSON.parse(print(parse(withRule([], comment)), 'nft-json')).nftables[3].rule.comment).toBe(comment)
  })
})

describe('printScript', () => {
  test('replaces our table in one transaction, whether or not it is there', () => {
    const lines = printScript(compile(state()), 'nft').split('\n')
    expect(lines[0]).toBe('#!/usr/sbin/nft -f')
    // One line, which opens the brace that the last line closes: no part of the text is a script of its own.
    expect(lines.filter((line) => /^(add|delete|table)/.test(line))).toEqual([
      'add table inet portolan; delete table inet portolan; table inet portolan {',
    ])
    expect(JSON.parse(printScript(compile(state()), 'nft-json')).nftables.slice(1, 4)).toEqual([
      { add: { table: { family: 'inet', name: 'portolan' } } },
      { delete: { table: { family: 'inet', name: 'portolan' } } },
      { add: { table: expect.objectContaining({ name: 'portolan' }) } },
    ])
  })

  test('of nothing removes our table', () => {
    expect(printScript(emptyRuleset, 'nft')).toMatch(
      /\nadd table inet portolan; delete table inet portolan\n$/,
    )
    expect(parse(printScript(emptyRuleset, 'nft-json'))).toEqual(emptyRuleset)
  })

  test('puts remarks into the head, each within its comment', () => {
    const remarks = ['of\nflush ruleset\u2028x', 'and more']
    expect(printScript(compile(state()), 'nft', { remarks })).toContain(
      '\n# of?flush ruleset?x\n# and more\n# If lines',
    )
    expect(JSON.parse(printScript(compile(state()), 'nft-json', { remarks })).nftables[0]).toEqual({
      metainfo: { json_schema_version: 1, comment: 'of?flush ruleset?x and more' },
    })
  })
})
