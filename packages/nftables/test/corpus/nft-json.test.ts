import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { parse, print } from '../../src/index.ts'
import { isArray, isObject, type JsonValue } from '../../src/model/index.ts'
import { canonical, withoutSetComments } from '../arbitrary/canonical.ts'
import { hasNamespaces, type NetworkNamespace, openNetworkNamespace } from '../arbitrary/network-namespace.ts'

/** Rulesets of others, kept beside the project. */
const corpus = join(import.meta.dirname, '../../../../../shared/corpus')

const filesIn = (folder: string): readonly string[] => {
  const path = join(corpus, folder)
  return existsSync(path)
    ? readdirSync(path)
        .filter((name) => name.endsWith('.json'))
        .map((name) => join(path, name))
    : []
}

const files = [...filesIn('nft-json/kernel'), ...filesIn('docker/nft-json')]

/** What a listing says, without handles and with lists of one as lists, sorted by kind of object. */
const meaning = (json: JsonValue): readonly string[] => {
  if (!isObject(json) || !isArray(json.nftables)) return []
  return json.nftables
    .filter((object) => isObject(object) && object.metainfo === undefined)
    .map((object) => JSON.stringify(sorted(object)))
    .sort()
}

const sorted = (json: JsonValue): JsonValue => {
  if (isArray(json)) return json.map(sorted)
  if (!isObject(json)) return json
  return Object.fromEntries(
    Object.entries(json)
      .filter(([key, value]) => key !== 'handle' && !(key === 'counter' && value === null))
      .map(([key, value]): [string, JsonValue] => [
        key,
        isArray(value) && value.length === 1 && (key === 'flags' || key === 'dev')
          ? (value[0] ?? null)
          : sorted(value),
      ])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )
}

const suite = files.length > 0 || process.env.CI === 'true' ? describe : describe.skip
if (files.length === 0) process.stderr.write('\nSKIPPED: there is no corpus beside the project\n\n')

suite('rulesets that others wrote', () => {
  test('the corpus is there', () => {
    expect(files.length).toBeGreaterThan(300)
  })

  test('are read and printed as JSON without losing a word', () => {
    for (const file of files) {
      const text = readFileSync(file, 'utf8')
      const printed = print(parse(text, file), 'nft-json')
      expect({ file, objects: meaning(JSON.parse(printed)) }).toEqual({
        file,
        objects: meaning(JSON.parse(text)),
      })
    }
  })

  test('name no statement of ours that is not understood', () => {
    const unknown = files.flatMap((file) =>
      parse(readFileSync(file, 'utf8'), file).tables.flatMap(({ chains }) =>
        chains.flatMap(({ rules }) =>
          rules.flatMap(({ statements }) =>
            statements.flatMap((statement) =>
              statement.kind === 'opaque' ? [Object.keys(Object(statement.json))[0]] : [],
            ),
          ),
        ),
      ),
    )
    const known = ['match', 'vmap', 'accept', 'drop', 'jump', 'goto', 'masquerade', 'reject', 'log']
    expect(unknown.filter((tag) => tag !== undefined && known.includes(tag))).toEqual([])
  })
})

const kernelSuite = files.length > 0 && hasNamespaces() ? describe : describe.skip

kernelSuite('rulesets that others wrote, printed as text', () => {
  let namespace: NetworkNamespace
  beforeAll(() => {
    namespace = openNetworkNamespace()
  })
  afterAll(() => namespace.close())

  const load = (args: readonly string[], input: string) => {
    namespace.nft(['flush', 'ruleset'])
    try {
      namespace.nft([...args, '-f', '-'], input)
      return withoutSetComments(canonical(parse(namespace.nft(['-j', 'list', 'ruleset']), 'nft')))
    } catch {
      return null
    }
  }

  test('load, and say what their JSON says, wherever nft takes that and all of it is understood', () => {
    let compared = 0
    // One in three: loading each twice takes a while, and most of Docker's are alike.
    for (const file of files.filter((_, at) => at % 3 === 0)) {
      const json = readFileSync(file, 'utf8')
      const text = print(parse(json, file), 'nft')
      if (text.includes('# not understood')) continue
      const expected = load(['-j'], json)
      // Some of what nft prints as JSON it does not read again: what a dump lost, no text can bring back.
      if (expected === null) continue
      compared += 1
      expect({ file, text, ruleset: load([], text) }).toEqual({ file, text, ruleset: expected })
    }
    expect(compared).toBeGreaterThan(80)
  })
})
