import { describe, expect, test } from '@jest/globals'
import { ParseError } from '@portolan/netfilter'
import { fromJson } from '../../../../test/from-json.ts'
import { parse, print } from '../../src/index.ts'

const table = { table: { family: 'inet', name: 't', handle: 1 } }
const chain = { chain: { family: 'inet', table: 't', name: 'c', handle: 1 } }
const rule = (...expr: readonly unknown[]) => ({
  rule: { family: 'inet', table: 't', chain: 'c', handle: 2, expr },
})
const listing = (...objects: readonly unknown[]) => JSON.stringify({ nftables: objects })

const statementsOf = (...expr: readonly unknown[]) =>
  parse(listing(table, chain, rule(...expr))).tables[0]?.chains[0]?.rules[0]?.statements ?? []

const faultOf = (text: string): ParseError => {
  try {
    parse(text, 'rules.json')
  } catch (error) {
    if (error instanceof ParseError) return error
    throw error
  }
  throw new Error('it was read')
}

describe('parse', () => {
  test.each([
    ['a queue', { queue: { num: { range: [1, 3] }, flags: ['bypass', 'fanout'] } }, 'queue'],
    ['a transparent proxy', { tproxy: { family: 'ip', addr: '127.0.0.1', port: 50 } }, 'tproxy'],
    ['a quota', { quota: { val: 5, val_unit: 'mbytes', inv: true } }, 'quota'],
    ['a named quota', { quota: 'q' }, 'object'],
    ['a connection count', { 'ct count': { val: 3, inv: true } }, 'ct-count'],
    ['a write to a set', { set: { op: 'add', elem: '10.0.0.1', set: '@s' } }, 'update'],
    ['a flow offload', { flow: { op: 'add', flowtable: '@f' } }, 'flow'],
    ['a synproxy', { synproxy: { mss: 1460, wscale: 7, flags: 'timestamp' } }, 'synproxy'],
    ['a copy', { dup: { addr: '10.0.0.1', dev: 'eth0' } }, 'dup'],
    ['a forward', { fwd: { dev: 'eth0' } }, 'fwd'],
    ['the removal of an option', { reset: { 'tcp option': { name: 'fastopen' } } }, 'reset'],
    ['a helper', { 'ct helper': 'ftp-standard' }, 'object'],
  ])('understands %s, and prints it as it was', (_, json, kind) => {
    const [statement] = statementsOf(json)
    expect(statement?.kind).toBe(kind)
    const printed = fromJson<unknown>(print(parse(listing(table, chain, rule(json))), 'nft-json'))
    expect(JSON.stringify(printed)).toContain(JSON.stringify(json))
  })

  test.each([
    ['an unknown statement', { teleport: { to: 'mars' } }],
    ['a known statement with an unknown key', { queue: { num: 1, priority: 9 } }],
    ['a known statement with a value of the wrong kind', { 'ct count': { val: 'many' } }],
    ['a verdict with something in it', { accept: { really: true } }],
  ])('keeps %s verbatim, in its place', (_, json) => {
    expect(statementsOf({ accept: null }, json, { drop: null })).toEqual([
      { kind: 'accept' },
      { kind: 'opaque', json },
      { kind: 'drop' },
    ])
  })

  test('loses nothing of objects that say more than it knows', () => {
    const odd = { table: { family: 'inet', name: 'odd', colour: 'red' } }
    const inOdd = { chain: { family: 'inet', table: 'odd', name: 'c', speed: 9 } }
    const ruleset = parse(listing(odd, inOdd))
    expect(ruleset.tables[0]?.chains.map(({ name }) => name)).toEqual(['c'])
    const printed = print(ruleset, 'nft-json')
    expect(printed).toContain(JSON.stringify(odd))
    expect(printed).toContain(JSON.stringify(inOdd))
  })

  test('keeps the rules of a chain that is named twice', () => {
    const again = { chain: { family: 'inet', table: 't', name: 'c' } }
    const ruleset = parse(listing(table, chain, rule({ accept: null }), table, again, rule({ drop: null })))
    expect(ruleset.tables[0]?.chains[0]?.rules).toHaveLength(2)
  })

  test('says where a text stops being JSON', () => {
    const error = faultOf('{\n  "nftables": [\n    {"table": oops}\n  ]\n}')
    expect(error).toMatchObject({ source: 'rules.json', line: 3, column: 15 })
  })

  test('says which entry is no object', () => {
    const error = faultOf('{"nftables": [\n  {"metainfo": {}},\n  {"x": [1, 2]},\n  42\n]}')
    expect(error).toMatchObject({ line: 4, column: 3 })
    expect(error.message).toContain('every entry')
  })

  test('says where brackets are nested too deep, instead of running out of stack', () => {
    const error = faultOf(`{"nftables": [\n{"rule": ${'['.repeat(100_000)}`)
    expect(error).toMatchObject({ line: 2, column: 9 + 198 })
    expect(error.message).toContain('200 deep')
  })

  test('does not count brackets within strings', () => {
    const name = '[{"\\'.repeat(500)
    const ruleset = parse(listing({ table: { family: 'ip', name } }))
    expect(ruleset.tables[0]?.name).toBe(name)
  })
})

describe('a part of a listing', () => {
  const why = (what: string, of: string, kind: string) =>
    `This ${what} is of ${of}, and no entry before it is that ${kind}: the text is a part of a listing. Make the file with "nft -j list ruleset".`

  test.each([
    ['a rule', 'rule', rule({ accept: null })],
    ['a chain', 'chain', chain],
    ['a set', 'set', { set: { family: 'inet', table: 't', name: 's', type: 'ipv4_addr' } }],
    ['a counter', 'counter', { counter: { family: 'inet', table: 't', name: 'k', packets: 0, bytes: 0 } }],
  ])('that lacks the table of %s is refused, with its place', (_, tag, entry) => {
    const text = `{"nftables": [{"metainfo": {}},\n  ${JSON.stringify(entry)}]}`
    expect(faultOf(text)).toMatchObject({ fault: why(tag, 'table inet t', 'table'), line: 2, column: 3 })
  })

  test('that lacks the chain of a rule is refused', () => {
    const text = `{"nftables": [{"metainfo": {}},\n${JSON.stringify(table)}, ${JSON.stringify(rule({ accept: null }))}]}`
    expect(faultOf(text)).toMatchObject({
      fault: why('rule', 'chain c of table inet t', 'chain'),
      ...{ line: 2, column: JSON.stringify(table).length + 3 },
    })
  })

  test('is read where it is whole for itself, as that of one table is', () => {
    expect(parse(listing(table, chain, rule({ accept: null }))).tables).toHaveLength(1)
    expect(parse(listing({ table: { family: 'inet', name: 't' } })).tables).toHaveLength(1)
  })

  test('keeps what is of a table or chain that is not understood', () => {
    const odd = { table: { family: 'future', name: 't' } }
    const oddChain = { chain: { family: 'inet', table: 't', name: 'c', hook: 'forward' } }
    expect(parse(listing(odd, { chain: { family: 'future', table: 't', name: 'c' } })).opaque).toHaveLength(2)
    expect(parse(listing(table, oddChain, rule({ accept: null }))).tables[0]?.opaque).toHaveLength(2)
  })
})
