import { describe, expect, test } from '@jest/globals'
import { rangesOf, singleValue, valueSet } from '@portolan/netfilter/analysis'
import { valuesOf } from '../../../../src/conflict/search/group/member-values.ts'
import type { DesiredMapping } from '../../../../src/contract/index.ts'

const mapping = (hostPort: number, address: string, port = 80): DesiredMapping => ({
  ...{
    label: '',
    family: address.includes(':') ? 'ip6' : 'ip',
    protocol: 'tcp',
    kind: 'nat',
    hostAddress: null,
  },
  ...{ hostPort, interface: null, allowFrom: null },
  targets: [{ service: 'web', replica: 1, network: 'default', address, port, weight: 1 }],
})

const members = (
  mappings: readonly DesiredMapping[],
  field: 'hostPort' | 'targetAddress' | 'targetPort',
  values: readonly (number | bigint)[],
  inside = true,
): readonly number[] =>
  rangesOf(
    valuesOf(mappings).membersWith({ field, set: valueSet(values), inside, isOfTable: false }),
  ).flatMap(({ first, last }) =>
    Array.from({ length: Number(last) - Number(first) + 1 }, (_, at) => Number(first) + at),
  )

describe('the mappings of a group with a value', () => {
  const some = [mapping(8080, '172.17.0.9'), mapping(80, '172.17.0.2', 81), mapping(443, '172.17.0.9')]

  test('are found whatever the order of their values', () => {
    expect(members(some, 'hostPort', [80])).toEqual([1])
    expect(members(some, 'hostPort', [443])).toEqual([2])
    expect(members(some, 'hostPort', [81])).toEqual([])
    expect(members(some, 'hostPort', [9000])).toEqual([])
  })

  test('are all of them where several have one value', () => {
    expect(members(some, 'targetAddress', [0xac110009])).toEqual([0, 2])
    expect(members(some, 'targetPort', [80])).toEqual([0, 2])
  })

  test('are found by what they do not have, and by several values', () => {
    expect(members(some, 'hostPort', [80], false)).toEqual([0, 2])
    expect(members(some, 'hostPort', [80, 443])).toEqual([1, 2])
  })

  test('are found by IPv6 addresses', () => {
    const six = [mapping(80, 'fd00::9'), mapping(81, 'fd00::2'), mapping(82, 'fd00::9')]
    expect(members(six, 'targetAddress', [0xfd000000000000000000000000000009n])).toEqual([0, 2])
    expect(members(six, 'targetAddress', [0xfd000000000000000000000000000003n])).toEqual([])
  })

  test('are all of a group in which all have the same', () => {
    const { membersWith } = valuesOf(some)
    expect(membersWith({ field: 'sport', set: singleValue(1), inside: true, isOfTable: false })).toEqual({
      starts: [0],
      ends: [2],
    })
  })
})
