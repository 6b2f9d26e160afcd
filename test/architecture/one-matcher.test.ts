import { describe, expect, test } from '@jest/globals'

type Expect = typeof expect

/** jest's own `expect`, which makes all matchers for each value. */
const ofJest = Reflect.get(globalThis, 'expect') as Expect

/** The error of an assertion; null: it holds. */
const failureOf = async (ask: (one: Expect) => unknown, one: Expect): Promise<unknown> => {
  try {
    await ask(one)
    return null
  } catch (error) {
    const { name, message, matcherResult } = error as Error & { readonly matcherResult?: object }
    return { name, message, matcherResult }
  }
}

/** An error without a trace, because a message would show the trace. */
const rejected = (): Promise<never> => Promise.reject(Object.assign(new Error('so'), { stack: 'Error: so' }))

/** Assertions that must fail. */
const wrong: readonly (readonly [string, (one: Expect) => unknown])[] = [
  ['a matcher', (one) => one(1).toBe(2)],
  ['one of mocks', (one) => one(1).toHaveBeenCalled()],
  ['one that is denied', (one) => one([1]).not.toEqual([1])],
  ['one of what throws', (one) => one(() => {}).toThrow('no')],
  ['what a promise resolves with', (one) => one(Promise.resolve(1)).resolves.toBe(2)],
  ['the same, denied', (one) => one(Promise.resolve(1)).resolves.not.toBe(1)],
  ['a promise that rejects', (one) => one(rejected()).resolves.toBe(1)],
  ['what it rejects with', (one) => one(rejected()).rejects.toThrow('no')],
  ['the same, denied', (one) => one(rejected()).rejects.not.toThrow('so')],
  ['a promise that resolves', (one) => one(Promise.resolve(1)).rejects.toThrow()],
  ['a value that is no promise', (one) => one(1).resolves.toBe(1)],
  ['two values', (one) => Reflect.apply(one, undefined, [1, 1])],
]

const right: readonly (readonly [string, (one: Expect) => unknown])[] = [
  ['a matcher', (one) => one({ a: [1, { b: 2 }] }).toMatchObject({ a: [1, one.anything()] })],
  ['one that is denied', (one) => one([1]).not.toEqual([2])],
  ['one of what throws', (one) => one(() => JSON.parse('{')).toThrow(SyntaxError)],
  ['what a promise resolves with', (one) => one(Promise.resolve(1)).resolves.toBe(1)],
  ['what it rejects with', (one) => one(rejected()).rejects.not.toThrow('no')],
]

describe('expect, which makes the matcher that is asked for', () => {
  test.each(wrong)('fails as it does with all matchers: %s', async (_, ask) => {
    const failure = await failureOf(ask, ofJest)
    expect(failure).not.toBeNull()
    expect(await failureOf(ask, expect)).toEqual(failure)
  })

  test.each(right)('holds where it does with all matchers: %s', async (_, ask) => {
    expect(await failureOf(ask, ofJest)).toBeNull()
    expect(await failureOf(ask, expect)).toBeNull()
  })

  test('knows a matcher that comes later, and its next version', () => {
    const add = (pass: boolean) =>
      expect.extend({ toBeAsTold: () => ({ pass, message: () => 'it is as told' }) })
    // The types of jest do not know the matcher that the test adds.
    const asTold = () => (expect(1) as unknown as { readonly toBeAsTold: () => void }).toBeAsTold()
    add(true)
    expect(asTold).not.toThrow()
    add(false)
    expect(asTold).toThrow('it is as told')
  })

  test('has no matcher that jest does not have', () => {
    expect(Reflect.get(expect(1), 'toBeNothing')).toBeUndefined()
    expect(Reflect.get(expect(1), 'then')).toBeUndefined()
  })

  test('counts what was asked', () => {
    expect.assertions(2)
    expect(1).toBe(1)
    expect(1).not.toBe(2)
  })

  test('leaves the length of traces as it was', () => {
    const before = Error.stackTraceLimit
    expect(1).toBe(1)
    const after = Error.stackTraceLimit
    expect(after).toBe(before)
  })
})
