import { describe, expect, test } from '@jest/globals'
import * as core from '@portolan/core'
import * as planning from '@portolan/core/planning'
import * as netfilter from '@portolan/netfilter'
import * as ipNum from '@portolan/netfilter/ip-num'
import * as sysctls from '@portolan/netfilter/sysctls'
import * as text from '@portolan/netfilter/text'
import { owedExamples } from './owed-examples.ts'
import { packageNames, publicExportsOf } from './public-exports.ts'

describe.each(packageNames)('the public exports of %s', (name) => {
  const found = publicExportsOf(name)
  const names = (some: typeof found): readonly string[] => some.map((one) => one.name)

  test('say since when they are there', () => {
    expect(found.length).toBeGreaterThan(2)
    expect(names(found.filter(({ comment }) => !comment.includes('@since')))).toEqual([])
  })

  test('show how they are called, where they are functions', () => {
    const silent = found.filter(({ kind, comment }) => kind === 'function' && !comment.includes('@example'))
    expect(names(silent).filter((one) => !owedExamples.has(one))).toEqual([])
  })
})

type Outcome =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'thrown'; readonly error: unknown }

const pure = { ...netfilter, ...ipNum, ...sysctls, ...text, ...core, ...planning }

/** The value of an expression in which all exports of the pure packages are known. */
const evaluate = (expression: string): Outcome => {
  try {
    const call = new Function(...Object.keys(pure), `return (${expression})`)
    return { kind: 'value', value: call(...Object.values(pure)) }
  } catch (error) {
    return { kind: 'thrown', error }
  }
}

const needsMore = (outcome: Outcome): boolean =>
  outcome.kind === 'thrown' && outcome.error instanceof ReferenceError

/** The one-line examples (`call // result`) that need only the package, and whose result is a literal. */
const shortExamples = (['netfilter', 'core'] as const)
  .flatMap(publicExportsOf)
  .flatMap(({ name, comment }) => {
    const [, text = ''] = /@example\n([\s\S]*?)(?=\n@|$)/.exec(comment) ?? []
    return text.split('\n').flatMap((line) => {
      const [, call = '', result = ''] = /^([a-z]\w*\(.*) \/\/ (.+)$/.exec(line) ?? []
      const expected = evaluate(result)
      if (call === '' || expected.kind === 'thrown' || needsMore(evaluate(call))) return []
      return [[name, call, expected] as const]
    })
  })

describe('a short example of the pure packages', () => {
  test('is found at all', () => expect(shortExamples.length).toBeGreaterThan(20))

  test.each(shortExamples)('in %s gives what it says: %s', (_, call, expected) => {
    expect(evaluate(call)).toEqual(expected)
  })
})
