import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { fromJson } from '../../../../test/from-json.ts'
import { lower, parse, print } from '../../src/index.ts'
import { isArray, isObject, type JsonValue } from '../../src/model/index.ts'
import { readStatement } from '../../src/parse/json/statement.ts'
import { statementJson } from '../../src/print/json/json-statement.ts'
import { canonical, withoutSetComments } from '../arbitrary/canonical.ts'
import { hasNamespaces, type NetworkNamespace, openNetworkNamespace } from '../arbitrary/network-namespace.ts'

/** The folder of foreign rulesets, beside the project. */
const corpus = join(import.meta.dirname, '../../../../../shared/corpus')

const filesIn = (folder: string, ending: RegExp): readonly string[] => {
  const path = join(corpus, folder)
  if (!existsSync(path)) return []
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => ending.test(name))
    .sort()
    .map((name) => join(path, name))
}

/** What this kernel listed once, and what other versions did. */
const ofKernel = [...filesIn('nft-json/kernel', /\.json$/), ...filesIn('docker/nft-json', /\.json$/)]
const ofOthers = [
  ...filesIn('nft-json/upstream', /\.json-nft$/),
  ...filesIn('nft-json/nftables-rs', /\.json$/),
]
const listings = [...ofKernel, ...ofOthers]

/** Rules as JSON, one list of statements after another, each under a comment line. */
const statements: readonly JsonValue[] = filesIn('nft-json/statements', /\.t\.json(\.output)?$/).flatMap(
  (file) =>
    readFileSync(file, 'utf8')
      .replace(/^#.*$/gm, '')
      .split(/^\]\s*$/m)
      .filter((rule) => rule.trim() !== '')
      .flatMap((rule): readonly JsonValue[] => fromJson<readonly JsonValue[]>(`${rule}]`)),
)

/** What a listing says, without handles and with lists of one as their item, sorted by kind of object. */
const meaning = (json: JsonValue): readonly string[] => {
  if (!isObject(json) || !isArray(json.nftables)) return []
  return json.nftables
    .filter((object) => isObject(object) && object.metainfo === undefined)
    .map((object) => JSON.stringify(sorted(object)))
    .sort()
}

const listsOfFlags = ['flags', 'type_flags', 'dev']

const sorted = (json: JsonValue): JsonValue => {
  if (isArray(json)) return json.map(sorted)
  if (!isObject(json)) return json
  return Object.fromEntries(
    Object.entries(json)
      .filter(([key]) => key !== 'handle')
      .map(([key, value]): [string, JsonValue] => {
        if (key === 'counter' && value === null) return [key, { bytes: 0, packets: 0 }]
        const isFlag = isArray(value) && value.length === 1 && listsOfFlags.includes(key)
        return [key, isFlag ? (value[0] ?? null) : sorted(value)]
      })
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )
}

/** Whether what we print is a listing word for word, but for its head and the place of the handle in each object. */
const isSameInput = (printed: JsonValue, listing: JsonValue): boolean =>
  JSON.stringify(objectsOf(printed)) === JSON.stringify(objectsOf(listing))

const objectsOf = (json: JsonValue): readonly JsonValue[] =>
  isObject(json) && isArray(json.nftables)
    ? json.nftables.filter((object) => !isObject(object) || object.metainfo === undefined).map(handlesLast)
    : []

const handlesLast = (json: JsonValue): JsonValue => {
  if (isArray(json)) return json.map(handlesLast)
  if (!isObject(json)) return json
  const { handle, ...others } = json
  const rest = Object.entries(others).map(([key, value]): [string, JsonValue] => [key, handlesLast(value)])
  return { ...Object.fromEntries(rest), ...(handle === undefined ? {} : { handle }) }
}

/** All nodes that were kept as opaque, wherever they are. */
const opaqueIn = (node: unknown): readonly JsonValue[] => {
  if (typeof node !== 'object' || node === null) return []
  if ('kind' in node && node.kind === 'opaque' && 'json' in node) return [node.json as JsonValue]
  return Object.values(node).flatMap(opaqueIn)
}

/** nft 1.1.3 lists a jump to a chain without a name as a text that it cannot read, neither as JSON nor otherwise. */
const isNamelessChain = (json: JsonValue): boolean => typeof json === 'string' && /^(jump|goto) \{/.test(json)

const say = (line: string): void => {
  process.stderr.write(`\n${line}\n`)
}

const suite = listings.length > 0 || process.env.CI === 'true' ? describe : describe.skip
if (listings.length === 0) say('SKIPPED: there is no corpus beside the project')

suite('rulesets that others wrote', () => {
  test('the corpus is there', () => {
    expect(listings.length).toBeGreaterThan(500)
    expect(statements.length).toBeGreaterThan(1500)
  })

  test('are read and printed as JSON without losing a word', () => {
    for (const file of listings) {
      const text = readFileSync(file, 'utf8')
      const printed = print(parse(text, file), 'nft-json')
      expect({ file, objects: meaning(fromJson(printed)) }).toEqual({
        file,
        objects: meaning(fromJson(text)),
      })
    }
  })

  test('have no statement that is printed otherwise than it was read', () => {
    for (const json of statements) expect(sorted(statementJson(readStatement(json)))).toEqual(sorted(json))
  })

  test('are understood, but for chains without a name', () => {
    const rules = listings.flatMap((file) =>
      parse(readFileSync(file, 'utf8'), file).tables.flatMap(({ chains, sets }) => [
        ...chains.flatMap((chain) => chain.rules),
        ...sets.flatMap(({ elements }) => elements),
      ]),
    )
    const opaque = [...opaqueIn(rules), ...opaqueIn(statements.map(readStatement))]
    say(
      `nft JSON: ${listings.length} listings, ${rules.length} rules and elements, ${statements.length} statements; ` +
        `${opaque.length} nodes kept opaque, ${opaque.filter(isNamelessChain).length} of them chains without a name`,
    )
    expect(opaque.filter((json) => !isNamelessChain(json))).toEqual([])
    expect(opaque.length).toBeLessThan(20)
  })

  test('are lowered rule by rule, and none is left out', () => {
    let unknown = 0
    let count = 0
    for (const file of listings) {
      const ruleset = parse(readFileSync(file, 'utf8'), file)
      const lowered = lower(ruleset).tables.flatMap(({ chains }) => chains.flatMap(({ rules }) => rules))
      const rules = ruleset.tables.flatMap(({ chains }) => chains.flatMap((chain) => chain.rules))
      expect({ file, count: lowered.length }).toEqual({ file, count: rules.length })
      count += rules.length
      unknown += lowered.filter(({ steps }) => steps.some(({ kind }) => kind.startsWith('unknown'))).length
    }
    say(`nft JSON: ${count} rules lowered, ${unknown} with a step that no description of a packet settles`)
    expect(unknown).toBeLessThan(count / 20)
  })
})

const kernelSuite =
  (listings.length > 0 && hasNamespaces()) || process.env.CI === 'true' ? describe : describe.skip

kernelSuite('rulesets that others wrote, printed and loaded', () => {
  let namespace: NetworkNamespace
  beforeAll(() => {
    namespace = openNetworkNamespace()
  })
  afterAll(() => namespace.close())

  const list = () => canonical(parse(namespace.nft(['-j', 'list', 'ruleset']), 'nft'))

  /** Loads rules in place of those that are there. False: nft refuses them. */
  const takes = (args: readonly string[], input: string): boolean => {
    // One transaction: nft starts half as often.
    const flushed = args.includes('-j')
      ? input.replace(/"nftables"\s*:\s*\[/, (list) => `${list}{"flush": {"ruleset": null}},`)
      : `flush ruleset\n${input}`
    try {
      namespace.nft([...args, '-f', '-'], flushed)
      return true
    } catch {
      return false
    }
  }

  /** The rules as nft lists them once they are loaded. Null: nft refuses them, or aborts where it lists them. */
  const load = (args: readonly string[], input: string) => {
    if (!takes(args, input)) return null
    try {
      return list()
    } catch {
      return null
    }
  }

  /** Tables too in one order, and objects without handles. */
  const comparable = (ruleset: ReturnType<typeof list> | null) =>
    ruleset === null
      ? null
      : canonical(ruleset)
          .tables.map((table) => ({
            ...table,
            opaque: table.opaque.map((object) => JSON.stringify(sorted(object))).sort(),
          }))
          .sort((a, b) => (`${a.family} ${a.name}` < `${b.family} ${b.name}` ? -1 : 1))

  test('as text give what the kernel listed', () => {
    const left: string[] = []
    let compared = 0
    for (const file of ofKernel) {
      const ruleset = parse(readFileSync(file, 'utf8'), file)
      const text = print(ruleset, 'nft')
      if (text.includes('# not understood')) {
        left.push(basename(file))
        continue
      }
      compared += 1
      const found = comparable(load([], text))
      expect({ file, text, found }).toEqual({ file, text, found: comparable(canonical(ruleset)) })
    }
    say(`nft text: ${compared} listings loaded back to what they were; ${left.length} not all understood`)
    expect(left.length).toBeLessThan(5)
  }, 300_000)

  test('as JSON give what the listing itself gives, wherever nft takes that', () => {
    let compared = 0
    for (const file of ofKernel) {
      const json = readFileSync(file, 'utf8')
      const printed = print(parse(json, file), 'nft-json')
      // The same input gives the same rules, so nft only has to take it.
      if (isSameInput(fromJson(printed), fromJson(json)) && takes(['-j'], printed)) {
        compared += 1
        continue
      }
      const expected = load(['-j'], json)
      // Some of what nft prints as JSON it does not read again: what a dump lost, nothing can bring back.
      if (expected === null) continue
      compared += 1
      const found = load(['-j'], printed)
      expect({ file, found: found === null ? null : comparable(withoutSetComments(found)) }).toEqual({
        file,
        found: comparable(withoutSetComments(expected)),
      })
    }
    say(`nft JSON: ${compared} of ${ofKernel.length} listings loaded by nft, and the same as we print them`)
    expect(compared).toBeGreaterThan(250)
  }, 300_000)
})
