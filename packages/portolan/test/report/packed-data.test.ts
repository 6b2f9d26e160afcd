import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { fromJson } from '../../../../test/from-json.ts'
import { packData, scriptJson, unpackData } from '../../src/report/packed-data.ts'

const carried = (data: unknown): unknown => unpackData(fromJson(JSON.stringify(packData(data))))

const key = fc.oneof(
  fc.string(),
  fc.constantFrom('$', '$n', '$o', '__proto__', 'chains', 'base', 'constructor'),
)
const { data } = fc.letrec((tie) => ({
  data: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(fc.string(), fc.bigInt(), fc.integer(), fc.boolean(), fc.constant(null), fc.constant('#1')),
    fc.array(tie('data'), { maxLength: 4 }),
    fc.array(fc.tuple(key, tie('data')), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)),
  ),
}))

describe('packed data', () => {
  test('is the same data once it is unpacked, equal parts or not', () => {
    fc.assert(
      fc.property(data, (one) => {
        expect(carried(one)).toEqual(one)
        expect(carried([one, one, { one }])).toEqual([one, one, { one }])
      }),
      { numRuns: 500 },
    )
  })

  test('holds an equal part once, and gives it back as one object', () => {
    const match = (): object => ({ kind: 'compare', text: 'a rather long text of a rule', port: 80n })
    const packed = packData([match(), match(), [match()]])
    expect(JSON.stringify(packed).split('rather long')).toHaveLength(2)
    const [one, other, [third]] = unpackData(packed) as [object, object, [object]]
    expect(one).toBe(other)
    expect(one).toBe(third)
  })

  test('keeps chains and tables apart that are alike', () => {
    const chain = (): object => ({ name: 'FORWARD', base: { hook: 'forward', priority: 0 }, rules: [] })
    const [one, other] = carried([chain(), chain()]) as [object, object]
    expect(one).toEqual(other)
    expect(one).not.toBe(other)
  })

  test('reads each property once, since one may give another object each time', () => {
    const rule = {
      get source() {
        return { text: '-A FORWARD -j ACCEPT', position: 1 }
      },
    }
    expect(carried({ rules: [rule, rule] })).toEqual({
      rules: [
        { source: { text: '-A FORWARD -j ACCEPT', position: 1 } },
        { source: { text: '-A FORWARD -j ACCEPT', position: 1 } },
      ],
    })
  })

  test('leaves out what is undefined, and cannot end the element it stands in', () => {
    expect(carried({ a: undefined, b: 1 })).toEqual({ b: 1 })
    const text = '</script><!--<script>\u2028&\ud800\u009b\u202e\u{e0041}'
    const json = scriptJson({ text })
    expect(json).toMatch(/^[^<>&\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]*$/u)
    expect(fromJson(json)).toEqual({ text })
  })
})
