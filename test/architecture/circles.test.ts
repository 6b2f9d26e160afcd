import { describe, expect, test } from '@jest/globals'
import { circlesOf, foldersWithin, importsWithin } from './import-graph.ts'

const packages = ['netfilter', 'core', 'iptables', 'nftables', 'host', 'portolan', 'testing', 'cni', 'etcd']

describe('files of one package import each other in no circle, types counted', () => {
  test.each(packages)('%s', (name) => {
    const graph = importsWithin(name)
    expect(graph.size).toBeGreaterThan(5)
    expect(circlesOf(graph)).toEqual([])
  })
})

describe('the folders in a folder import each other in no circle', () => {
  test.each([
    ['core', 'conflict/search'],
    ['cni', ''],
    ['iptables', ''],
    ['iptables', 'parse'],
    ['testing', ''],
  ])('%s/src/%s', (name, folder) => {
    const folders = foldersWithin(importsWithin(name), folder)
    expect(circlesOf(folders)).toEqual([])
  })
})

test('a circle of folders is found', () => {
  const graph = new Map([
    ['in/a/one.ts', ['in/b/two.ts', 'in/a/three.ts', 'out.ts']],
    ['in/b/two.ts', ['in/a/three.ts', 'in/top.ts']],
    ['in/top.ts', ['in/a/one.ts']],
    ['out.ts', ['in/b/two.ts']],
  ])
  expect(foldersWithin(graph, 'in')).toEqual(
    new Map([
      ['a', ['b']],
      ['b', ['a']],
    ]),
  )
  expect(circlesOf(foldersWithin(graph, 'in'))).toEqual([['a', 'b']])
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
