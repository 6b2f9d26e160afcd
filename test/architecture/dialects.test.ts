import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { importsOf, sourcesOf } from './import-graph.ts'

const packages = join(import.meta.dirname, '../../packages')

const filesOf = (name: string): readonly string[] =>
  sourcesOf(name).map((file) => relative(join(packages, name, 'src'), file))

/** The only file of the facade that names the dialects. All others use the `Dialect` from this file. */
const registry = 'backend/dialects.ts'

test('one file of the facade imports the dialects', () => {
  const importing = sourcesOf('portolan').filter((file) =>
    importsOf(file).some((specifier) => /^@portolan\/(iptables|nftables)(\/|$)/.test(specifier)),
  )
  expect(importing.map((file) => relative(join(packages, 'portolan/src'), file))).toEqual([registry])
})

const dialects = ['iptables', 'nftables'] as const

/** Folders that only one dialect has, with the reasons. */
const ownFolders: Readonly<Record<(typeof dialects)[number], Readonly<Record<string, string>>>> = {
  iptables: {
    'compile/order/': 'rules of many projects share one list, and a map has no order',
    'compile/tree/': 'ports are looked up in a tree of chains, since there are no maps',
    'diff/lists/': 'chains are lists that other programs share, in tables that change one after the other',
    'lower/option/': 'a rule is made of options, each of an extension',
    'model/chain/': 'the chains on hooks are fixed, and other programs share them',
    'model/option/': 'a rule is made of options, each of an extension',
    'parse/fault/': 'what iptables-restore refuses is told with its place; nft prints no such thing',
    'parse/grammar/': 'each extension has a grammar of its own',
    'parse/line/': 'iptables-save prints lines of words',
    'print/rule/': 'a rule is a line of options',
    'print/table-by-table/': 'a script is committed table by table, and adds jumps to chains of others',
    'traces/': 'iptables-nft brings tables and chains into being beside ours',
  },
  nftables: {
    'compile/maps/': 'a mapping is an element of a map, and all projects share the sets around it',
    'diff/maps/': 'elements are compared by key, and have words of their own',
    'lower/expression/': 'a rule is made of statements and expressions',
    'lower/iptables/': 'nft lists the tables of iptables-nft too, and not all that is in them',
    'model/expression/': 'a rule is made of statements and expressions',
    'parse/json/': 'nft prints JSON',
    'print/json/': 'nft prints JSON, and reads it',
    'print/text/': 'nft has a text form besides',
    'wire/': 'the kernel speaks netlink with this process too',
  },
}

/** Files outside those folders that only one dialect has. The first line of each says why. */
const ownFiles: Readonly<Record<(typeof dialects)[number], readonly string[]>> = {
  iptables: [
    'compile/leaving.ts',
    'compile/renamed-chains.ts',
    'inspect/unprinted-tables.ts',
    'lower/foreign-positions.ts',
    'model/variant.ts',
  ],
  nftables: ['adopt/reattach.ts', 'apply/steps.ts', 'inspect/socket-value.ts'],
}

describe.each([
  ['iptables', 'nftables'],
  ['nftables', 'iptables'],
] as const)('the files of %s', (name, other) => {
  const files = filesOf(name)
  const known = new Set(filesOf(other))
  const alone = files.filter((file) => !known.has(file))
  const folders = Object.keys(ownFolders[name])

  test(`have the names that they have in ${other}, but for a short list`, () => {
    const outside = alone.filter((file) => !folders.some((folder) => file.startsWith(folder)))
    expect(outside.toSorted()).toEqual(ownFiles[name])
  })

  test('say in their first line why there is no other, where they stand alone', () => {
    const silent = ownFiles[name].filter(
      (file) => !readFileSync(join(packages, name, 'src', file), 'utf8').startsWith(`// Only in ${name}: `),
    )
    expect(silent).toEqual([])
  })

  test('in folders of its own are of this dialect alone', () => {
    const shared = folders.filter((folder) => [...known].some((file) => file.startsWith(folder)))
    const empty = folders.filter((folder) => !files.some((file) => file.startsWith(folder)))
    expect([...shared, ...empty]).toEqual([])
  })
})
