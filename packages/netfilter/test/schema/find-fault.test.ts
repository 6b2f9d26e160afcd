import { describe, expect, test } from '@jest/globals'
import { fromJson } from '../../../../test/from-json.ts'
import {
  absentOr,
  address,
  allOf,
  faultText,
  findFault,
  listOf,
  orNull,
  type Schema,
  text,
  wholeNumber,
} from '../../src/schema/index.ts'

const schema: Schema<unknown> = allOf({
  name: text(),
  leases: listOf(allOf({ address, port: orNull(wholeNumber) })),
  note: absentOr(text()),
})

describe('a value that is not as its schema says', () => {
  test.each<[string, unknown]>([
    ['the whole file: expected an object, found []', []],
    ['name: expected a string, found nothing', { leases: [] }],
    ['name: expected a string, found 7', { name: 7, leases: [] }],
    [
      'leases[1].address: expected an IP address, found nothing',
      { name: 'a', leases: [{ address: '192.0.2.1', port: 80 }, { port: 80 }] },
    ],
    [
      'leases[0].port: expected a whole number, found nothing',
      { name: 'a', leases: [{ address: '192.0.2.1' }] },
    ],
    ['name: expected a string, found NaN', { name: Number.NaN, leases: [] }],
    ['note: expected a string, found null', { name: 'a', leases: [], note: null }],
  ])('is told by "%s"', (said, value) => {
    const fault = findFault(schema, value)
    expect(fault === null ? null : faultText(fault)).toBe(said)
  })

  test('is told where it is nested deeper than JSON can be written', () => {
    const deep = fromJson<unknown>(`${'['.repeat(20_000)}${']'.repeat(20_000)}`)
    const fault = findFault(schema, { name: deep, leases: [] })
    expect(fault === null ? null : faultText(fault)).toBe(
      'name: expected a string, found what is nested too deep',
    )
  })

  test('is nothing where it is', () => {
    expect(findFault(schema, { name: 'a', leases: [{ address: '::1', port: null }], more: 1 })).toBeNull()
  })
})
