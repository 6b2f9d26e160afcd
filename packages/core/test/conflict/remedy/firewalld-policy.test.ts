import { describe, expect, test } from '@jest/globals'
import { policyNames, priorityOf } from '../../../src/conflict/remedy/firewalld-policy.ts'

describe('a policy of firewalld for a bridge', () => {
  test('has a name of at most 18 characters that no other bridge has, however long its name is', () => {
    const names = ['br-abcdefghijkl', 'br-abcdefghijkm', 'br0'].flatMap(policyNames)
    expect(names).toContain('pl-br-abcdefghijkl')
    expect(new Set(names).size).toBe(12)
    expect(names.filter(({ length }) => length > 18)).toEqual([])
  })
  test('has none where firewalld takes no such name', () => {
    expect(policyNames('br.7')).toEqual([])
  })
  test('has a positive priority by its name, and the same one each time', () => {
    const all = Array.from({ length: 40 }, (_, at) => priorityOf(`pl-br-${at}`))
    expect(all.every((one) => Number.isInteger(one) && one >= 20_000 && one <= 32_767)).toBe(true)
    expect(new Set(all).size).toBe(40)
    expect(priorityOf('pl-br-7')).toBe(all[7])
  })
})
