import { describe, expect, test } from '@jest/globals'
import { circlesOf, importsWithin } from './import-graph.ts'

const packages = ['netfilter', 'core', 'iptables', 'nftables', 'host', 'portolan', 'testing', 'cni', 'etcd']

describe('files of one package import each other in no circle, types counted', () => {
  test.each(packages)('%s', (name) => {
    const graph = importsWithin(name)
    expect(graph.size).toBeGreaterThan(5)
    expect(circlesOf(graph)).toEqual([])
  })
})

test('a circle is found, and named', () => {
  const graph = new Map([
    ['a.ts', ['b.ts', 'd.ts']],
    ['b.ts', ['c.ts']],
    ['c.ts', ['a.ts']],
    ['d.ts', ['d.ts']],
    ['e.ts', ['a.ts']],
  ])
  expect(circlesOf(graph)).toEqual([['a.ts', 'b.ts', 'c.ts'], ['d.ts']])
})
