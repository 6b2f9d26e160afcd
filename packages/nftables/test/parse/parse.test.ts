import { describe, expect, test } from '@jest/globals'
import { ParseError } from '@portolan/core'
import { parse, print } from '../../src/index.ts'

const listing = (...objects: readonly unknown[]): string => JSON.stringify({ nftables: objects })
const table = { table: { family: 'ip', name: 't', handle: 1 } }
const chain = { chain: { family: 'ip', table: 't', name: 'c', handle: 1 } }
const rule = (...expr: readonly unknown[]) => ({
  rule: { family: 'ip', table: 't', chain: 'c', handle: 2, expr },
})
const statements = (...expr: readonly unknown[]) =>
  parse(listing(table, chain, rule(...expr))).tables[0]?.chains[0]?.rules[0]?.statements

describe('parse', () => {
  test('keeps a statement it does not know, verbatim and in its place', () => {
    const tproxy = { tproxy: { port: 50080 } }
    expect(statements(tproxy, { accept: null })).toEqual([
      { kind: 'opaque', json: tproxy },
      { kind: 'accept' },
    ])
  })

  test('takes a known statement with an unknown key for unknown', () => {
    const dnat = { dnat: { addr: '10.0.0.1', wonder: true } }
    expect(statements(dnat)).toEqual([{ kind: 'opaque', json: dnat }])
  })

  test('keeps an expression it does not know inside a statement it knows', () => {
    const left = { socket: { key: 'transparent' } }
    expect(statements({ match: { op: '==', left, right: 1 } })).toEqual([
      {
        kind: 'match',
        operator: '==',
        left: { kind: 'opaque', json: left },
        right: { kind: 'number', value: 1 },
      },
    ])
  })

  test('knows the matches and targets of iptables-nft for what they are', () => {
    expect(statements({ xt: { type: 'target', name: 'DNAT' } })).toEqual([
      { kind: 'xt', type: 'target', name: 'DNAT' },
    ])
  })

  test('reads protocols by number where nft had no names for them', () => {
    const map = {
      map: {
        family: 'ip',
        name: 'm',
        table: 't',
        type: ['inet_proto', 'inet_service'],
        map: 'ipv4_addr',
        elem: [[{ concat: [6, 80] }, '10.0.0.1']],
      },
    }
    const key = parse(listing(table, map)).tables[0]?.sets[0]?.elements[0]?.key
    expect(key).toEqual({
      kind: 'concat',
      parts: [
        { kind: 'text', text: 'tcp' },
        { kind: 'number', value: 80 },
      ],
    })
  })

  test('reads flags alone and flags in a list alike', () => {
    const set = (flags: unknown) => ({
      set: { family: 'ip', name: 's', table: 't', type: 'ipv4_addr', handle: 1, flags },
    })
    expect(parse(listing(table, set('interval')))).toEqual(parse(listing(table, set(['interval']))))
  })

  test('keeps objects of a table, and of no table, that it does not know', () => {
    const quota = { quota: { family: 'ip', table: 't', name: 'q', bytes: 1 } }
    const lost = { flowtable: { family: 'ip', table: 'gone', name: 'f' } }
    const ruleset = parse(listing(table, quota, lost))
    expect(ruleset.tables[0]?.opaque).toEqual([quota])
    expect(ruleset.opaque).toEqual([lost])
    expect(JSON.parse(print(ruleset, 'nft-json')).nftables).toContainEqual(quota)
  })

  test('says where the text stops being JSON', () => {
    const fault = (text: string) => {
      try {
        parse(text, 'dump.json')
      } catch (error) {
        if (error instanceof ParseError) return [error.source, error.line, error.column]
      }
      return null
    }
    expect(fault('')).toEqual(['dump.json', 1, 1])
    expect(fault('table ip filter {')).toEqual(['dump.json', 1, 1])
    expect(fault('{"nftables": [\n  {"table": x}\n]}')).toEqual(['dump.json', 2, 13])
    expect(fault('{"nftables": [1,\n 2')).toEqual(['dump.json', 2, 3])
    expect(fault('{"nftables": []} more')).toEqual(['dump.json', 1, 18])
    expect(fault('{"nftables": [,]}')).toEqual(['dump.json', 1, 15])
    expect(fault('{"a": "b\nc"}')).toEqual(['dump.json', 1, 7])
    expect(fault('{"a" 1}')).toEqual(['dump.json', 1, 6])
  })

  test('says of other JSON that it is not of nft', () => {
    expect(() => parse('[]', 'x')).toThrow(/not that of nft/)
    expect(() => parse('{"nftables": 1}')).toThrow(ParseError)
  })
})
