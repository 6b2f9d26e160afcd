import { describe, expect, test } from '@jest/globals'
import { ParseError } from '@portolan/netfilter'
import { fromJson } from '../../../../test/from-json.ts'
import { countWork, growthOf } from '../../../../test/growth/count-work.ts'
import { lower, parse, print } from '../../src/index.ts'

/** PORTOLAN_MUTATIONS=1000000 is the long run, of which each run is a sample. PORTOLAN_SEED draws others. */
const count = Number(process.env.PORTOLAN_MUTATIONS ?? 20_000)

/** A generator with a seed, so that a failure comes back (George Marsaglia, Xorshift RNGs, 2003). */
const random = (seed: number): ((below: number) => number) => {
  let state = seed
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

const sample = JSON.stringify({
  nftables: [
    { table: { family: 'inet', name: 't', handle: 1, flags: 'dormant' } },
    {
      chain: {
        family: 'inet',
        table: 't',
        name: 'c',
        handle: 1,
        type: 'nat',
        hook: 'prerouting',
        prio: -100,
        policy: 'accept',
      },
    },
    {
      map: {
        family: 'inet',
        name: 'm',
        table: 't',
        type: ['ipv4_addr', 'inet_service'],
        map: 'verdict',
        flags: ['interval'],
        elem: [
          [{ concat: [{ prefix: { addr: '10.0.0.0', len: 8 } }, 80] }, { goto: { target: 'c' } }],
          ['*', { drop: null }],
        ],
      },
    },
    {
      rule: {
        family: 'inet',
        table: 't',
        chain: 'c',
        handle: 2,
        comment: 'x',
        expr: [
          { match: { op: 'in', left: { ct: { key: 'state' } }, right: ['established', 'related'] } },
          {
            match: {
              op: '==',
              left: { '&': [{ meta: { key: 'mark' } }, 255] },
              right: { set: [1, { range: [2, 9] }] },
            },
          },
          {
            vmap: {
              key: {
                concat: [
                  { payload: { protocol: 'ip', field: 'daddr' } },
                  { payload: { protocol: 'tcp', field: 'dport' } },
                ],
              },
              data: '@m',
            },
          },
          { mangle: { key: { meta: { key: 'mark' } }, value: { '|': [{ ct: { key: 'mark' } }, '0x10'] } } },
          {
            set: {
              op: 'update',
              elem: { elem: { val: { payload: { protocol: 'ip', field: 'saddr' } }, timeout: 5 } },
              set: '@m',
              stmt: [{ limit: { rate: 10, per: 'second' } }],
            },
          },
          {
            dnat: {
              family: 'ip',
              addr: {
                map: {
                  key: { numgen: { mode: 'inc', mod: 2, offset: 0 } },
                  data: { set: [[0, { concat: ['10.0.0.1', 80] }]] },
                },
              },
              type_flags: 'concat',
            },
          },
        ],
      },
    },
  ],
})

const pieces = [
  '{',
  '}',
  '[',
  ']',
  ':',
  ',',
  '"',
  '\\',
  'null',
  'true',
  '-1',
  '1e999',
  '0x',
  '""',
  '{}',
  '[]',
  '"@m"',
  '"*"',
  '{"accept":null}',
  '"__proto__"',
  '\u0000',
  '\ud800',
]

/** A text with a part removed, doubled or replaced. */
const mutate = (text: string, pick: (below: number) => number): string => {
  let mutated = text
  for (let turn = pick(4); turn >= 0; turn -= 1) {
    const at = pick(mutated.length + 1)
    const end = Math.min(mutated.length, at + pick(40))
    const piece = pieces[pick(pieces.length)] ?? ''
    const between = pick(3) === 0 ? mutated.slice(at, end) : piece
    mutated = mutated.slice(0, pick(2) === 0 ? at : end) + between + mutated.slice(pick(2) === 0 ? at : end)
  }
  return mutated
}

/** The sample with one of its values replaced, so that it is still JSON. */
const exchange = (pick: (below: number) => number): string => {
  const values: unknown[] = []
  const collect = (json: unknown): unknown => {
    values.push(json)
    if (typeof json === 'object' && json !== null) Object.values(json).map(collect)
    return json
  }
  const whole: unknown = collect(fromJson(sample))
  const from = values[pick(values.length)]
  const to = values[pick(values.length)]
  const odd: unknown[] = [null, true, -1, 1e300, '', [], {}, 'a"b', fromJson(JSON.stringify(to))]
  const into = odd[pick(odd.length)]
  let done = false
  const replace = (_: string, value: unknown): unknown => {
    if (done || value !== from) return value
    done = true
    return into
  }
  return JSON.stringify(whole, replace)
}

describe('a text that is damaged', () => {
  test(`is read or refused, and what is read can be lowered and printed: ${count} of them`, () => {
    const pick = random(Number(process.env.PORTOLAN_SEED))
    let read = 0
    const deal = (turn: number, text: string): void => {
      try {
        const ruleset = parse(text)
        read += 1
        if (turn % 10 < 2) {
          print(ruleset, 'nft-json')
          lower(ruleset)
        }
      } catch (error) {
        if (!(error instanceof ParseError && error.line > 0 && error.column > 0))
          throw new Error(`turn ${turn}: ${text}`, { cause: error })
      }
    }
    let most = 0
    const batch = Math.ceil(count / 10)
    for (let turn = 0; turn < count; turn += batch) {
      const texts = Array.from({ length: Math.min(batch, count - turn) }, (_, at) =>
        at % 2 === 0 ? mutate(sample, pick) : exchange(pick),
      )
      const work = countWork(() => {
        for (const [at, text] of texts.entries()) deal(turn + at, text)
      })
      most = Math.max(most, work / texts.join('').length)
    }
    expect(read).toBeGreaterThan(count / 10)
    expect(read).toBeLessThan(count)
    // The number of code blocks run for each character.
    expect(most).toBeLessThan(8)
  }, 3_600_000)

  test.each([
    ['opens brackets without end', (size: number) => '['.repeat(size)],
    ['has a string without end', (size: number) => `{"nftables": ["${'\\\\'.repeat(size)}`],
    [
      'is many lines of which the last is wrong',
      (size: number) => `{"nftables": [\n${'{},\n'.repeat(size)}x`,
    ],
    [
      'has many entries of which the last is none',
      (size: number) => `{"nftables": [${'{},'.repeat(size)}1]}`,
    ],
    [
      'has one object of many keys',
      (size: number) => `{"nftables": [{${Array.from({ length: size }, (_, at) => `"k${at}":1`).join()}}]}`,
    ],
  ])('takes work in proportion to its length when it %s', (_, make) => {
    const read = (size: number): void => {
      try {
        parse(make(size))
      } catch (error) {
        expect(error).toBeInstanceOf(ParseError)
      }
    }
    // For a text that is eight times as long, quadratic work would be sixty-four times as much.
    expect(growthOf(read, 20_000, 160_000)).toBeLessThan(16)
  })
})
