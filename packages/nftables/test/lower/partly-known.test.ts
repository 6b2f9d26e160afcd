import { describe, expect, test } from '@jest/globals'
import { lower, parse } from '../../src/index.ts'
import { ask, ct, dport, drop, type Json, listing, match, payload, verdictOf } from './lowered-listing.ts'

/** The kernel keeps more bits in the status of a flow than a description of a packet settles. */
describe('a rule about the status of a flow', () => {
  const status = ct('status')
  const confirmed = { '&': [status, { '|': ['confirmed', 'dnat'] }] }

  test.each<[string, Json]>([
    ['any of some bits', match(status, ['confirmed', 'dnat'], 'in')],
    ['none of some bits', match(status, 'dnat', '!')],
    ['bits under a mask', match(confirmed, 0)],
    ['bits under a mask, with a set', match(confirmed, { set: ['snat', 'dnat'] }, '!=')],
  ])('is read for certain if it asks for %s', (_, asked) => {
    expect(verdictOf([asked])).toMatch(/^certain/)
  })

  test.each<[string, Json]>([
    ['to be one bit alone', match(status, 'dnat')],
    ['not to be one bit alone', match(status, 'dnat', '!=')],
    ['to be in a set', match(status, { set: ['snat', 'dnat'] })],
    ['for a bit that is set when the flow is bound', match(status, 256, 'in')],
    ['for such a bit under a mask', match({ '&': [status, 0x180] }, 0, '!=')],
    ['for a verdict', { vmap: { key: status, data: { set: [['dnat', drop]] } } }],
  ])('is possible if it asks the whole status %s', (_, asked) => {
    expect(verdictOf([asked])).toMatch(/^possible/)
  })
})

describe('a stateful object that a rule finds by a map', () => {
  const counts = (data: Json): Json => ({ counter: { map: { key: dport, data } } })
  const missing = { set: [[9999, 'seen']] }

  test.each<[string, Json]>([
    ['counter', counts(missing)],
    ['helper', { 'ct helper': { map: { key: dport, data: missing } } }],
    ['limit', { limit: { map: { key: dport, data: missing } } }],
    ['SYN proxy', { synproxy: { map: { key: dport, data: missing } } }],
  ])('ends the rule for packets whose key has no %s', (_, statement) => {
    expect(verdictOf([statement])).toBe('certain local')
  })

  test('lets the rule go on for packets with a key of the map, or with any key', () => {
    expect(verdictOf([counts({ set: [[8080, 'seen']] })])).toBe('certain dropped')
    expect(
      verdictOf([
        counts({
          set: [
            [80, 'seen'],
            ['*', 'rest'],
          ],
        }),
      ]),
    ).toBe('certain dropped')
    expect(verdictOf([counts({ set: [[8080, 'seen']] })], { protocol: 'udp' })).toBe('certain local')
  })

  test('does not accept a packet in front of a drop', () => {
    expect(ask([[counts(missing), { accept: null }], [drop]]).outcome).toBe('dropped')
  })

  test('may be in a named map', () => {
    const elements = (elem: readonly Json[]): readonly Json[] => [
      {
        map: { family: 'inet', table: 't', name: 's', handle: 3, type: 'inet_service', map: 'counter', elem },
      },
    ]
    expect(verdictOf([counts('@s')], {}, { objects: elements([[9999, 'seen']]) })).toBe('certain local')
    expect(verdictOf([counts('@s')], {}, { objects: elements([[8080, 'seen']]) })).toBe('certain dropped')
  })

  test('is possible for an expectation, which a known flow does not get', () => {
    expect(verdictOf([{ 'ct expectation': 'later' }])).toMatch(/^possible/)
  })
})

test('a change of a link-layer address decides the way of a frame in tables of bridges and devices', () => {
  const stepsIn = (family: string): unknown => {
    const text = listing([[{ mangle: { key: payload('ether', 'daddr'), value: '02:00:00:00:00:77' } }]])
    const { tables } = lower(parse(text.replaceAll('"inet"', JSON.stringify(family))))
    return tables[0]?.chains[0]?.rules[0]?.steps[0]?.kind
  }
  expect(['inet', 'bridge', 'netdev'].map(stepsIn)).toEqual(['note', 'rewrite', 'rewrite'])
})

test.each<[string, Json, boolean]>([
  [
    'addresses is one number for each client',
    { concat: [payload('ip', 'saddr'), payload('ip', 'daddr')] },
    false,
  ],
  [
    'a source port is drawn for each flow',
    { concat: [payload('ip', 'saddr'), payload('tcp', 'sport')] },
    true,
  ],
  ["a flow's source port is drawn for each flow", ct('proto-src', 'original'), true],
])('a hash of %s', (_, expr, random) => {
  const hash = match({ jhash: { mod: 2, offset: 0, seed: 1, expr } }, 0)
  const [step] = lower(parse(listing([[hash, drop]]))).tables[0]?.chains[0]?.rules[0]?.steps ?? []
  expect(step).toMatchObject({ kind: 'compare', expression: { kind: 'unknown', random } })
})
