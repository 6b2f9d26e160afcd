import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { concat, type Expression, identity, KeyIndex, number, text } from '../../src/model/index.ts'

const scalar = fc.oneof(
  fc.constantFrom('1', 'tcp', '10.0.0.1').map(text),
  fc.constantFrom(1, 2, 80, 255, 256, 65_535, 65_536, -1, 0.5).map(number),
)
const range: fc.Arbitrary<Expression> = fc
  .tuple(scalar, scalar)
  .map(([first, last]) => ({ kind: 'range', first, last }))
const key: fc.Arbitrary<Expression> = fc.oneof(
  scalar,
  range,
  fc
    .array(fc.oneof({ weight: 5, arbitrary: scalar }, range), { maxLength: 3 })
    .map((parts) => concat(...parts)),
)

test('keys are the same exactly when they say the same', () => {
  fc.assert(
    fc.property(fc.array(key, { maxLength: 12 }), key, (keys, asked) => {
      const index = new KeyIndex<number>()
      const byText = new Map<string, number>()
      for (const [at, one] of keys.entries()) {
        expect(index.exchange(one, at)).toBe(byText.get(identity(one)))
        byText.set(identity(one), at)
      }
      for (const one of [...keys, asked]) expect(index.get(one)).toBe(byText.get(identity(one)))
    }),
  )
})

test('of two keys that say the same the first that is added stays', () => {
  fc.assert(
    fc.property(fc.array(key, { maxLength: 12 }), (keys) => {
      const index = new KeyIndex<number>()
      const byText = new Map<string, number>()
      for (const [at, one] of keys.entries()) {
        expect(index.add(one, at)).toBe(!byText.has(identity(one)))
        if (!byText.has(identity(one))) byText.set(identity(one), at)
      }
      for (const one of keys) expect(index.get(one)).toBe(byText.get(identity(one)))
    }),
  )
})

test('a key whose value was taken away has none, until it gets another', () => {
  fc.assert(
    fc.property(fc.array(key, { maxLength: 12 }), fc.array(key, { maxLength: 12 }), (keys, gone) => {
      const index = new KeyIndex<number>()
      const byText = new Map<string, number>()
      for (const [at, one] of keys.entries()) {
        index.exchange(one, at)
        byText.set(identity(one), at)
      }
      for (const one of [...gone, ...keys.slice(0, 6)]) {
        expect(index.exchange(one, undefined)).toBe(byText.get(identity(one)))
        byText.delete(identity(one))
      }
      for (const one of [...keys, ...gone]) expect(index.get(one)).toBe(byText.get(identity(one)))
      for (const [at, one] of keys.entries()) {
        expect(index.add(one, at)).toBe(!byText.has(identity(one)))
        if (!byText.has(identity(one))) byText.set(identity(one), at)
      }
    }),
  )
})
