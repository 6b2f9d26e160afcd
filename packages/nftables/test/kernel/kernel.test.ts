import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { DesiredState } from '@portolan/core'
import fc from 'fast-check'
import { adopt, apply, applyTo, compile, diff, inspect, parse, print, printScript } from '../../src/index.ts'
import { emptyRuleset } from '../../src/model/index.ts'
import { canonical, withoutSetComments } from '../arbitrary/canonical.ts'
import { desiredState } from '../arbitrary/desired-state.ts'
import { hasNamespaces, type NetworkNamespace, openNetworkNamespace } from '../arbitrary/network-namespace.ts'

// Without namespaces these tests fail in CI, where a skipped suite would not be noticed.
const suite = hasNamespaces() || process.env.CI === 'true' ? describe : describe.skip

suite('nftables and the kernel agree', () => {
  let namespace: NetworkNamespace
  const list = () => parse(namespace.nft(['-j', 'list', 'ruleset']), 'nft')

  beforeAll(() => {
    namespace = openNetworkNamespace()
  })
  afterAll(() => namespace.close())

  test('the kernel lists what the text script says, whatever users wrote', () => {
    fc.assert(
      fc.property(desiredState(), (desired) => {
        const compiled = compile(desired)
        namespace.nft(['-f', '-'], printScript(compiled, 'nft'))
        expect(canonical(list())).toEqual(canonical(compiled))
      }),
      { numRuns: 40 },
    )
  })

  test('the kernel lists what the JSON script says', () => {
    fc.assert(
      fc.property(desiredState(), (desired) => {
        const compiled = compile(desired)
        namespace.nft(['-j', '-f', '-'], printScript(compiled, 'nft-json'))
        expect(withoutSetComments(canonical(list()))).toEqual(withoutSetComments(canonical(compiled)))
      }),
      { numRuns: 25 },
    )
  })

  test('a script loaded twice changes nothing, and replaces what was there', () => {
    fc.assert(
      fc.property(desiredState(), desiredState(), (before, after) => {
        namespace.nft(['-f', '-'], printScript(compile(before), 'nft'))
        const script = printScript(compile(after), 'nft')
        namespace.nft(['-f', '-'], script)
        const once = canonical(list())
        namespace.nft(['-f', '-'], script)
        expect(canonical(list())).toEqual(once)
        expect(once).toEqual(canonical(compile(after)))
      }),
      { numRuns: 10 },
    )
  })

  test('a diff between any two states is one transaction the kernel takes, and leaves nothing to do', async () => {
    await fc.assert(
      fc.asyncProperty(desiredState(), desiredState(), async (before, after) => {
        namespace.nft(['-f', '-'], printScript(compile(before), 'nft'))
        const actual = await inspect(namespace.runner)
        const desired = compile(after)
        const changes = diff(actual, desired)
        expect(canonical(applyTo(actual, changes))).toEqual(canonical(desired))
        await apply(changes, namespace.runner)
        expect(canonical(list())).toEqual(canonical(desired))
        expect(diff(await inspect(namespace.runner), desired)).toEqual([])
      }),
      { numRuns: 40 },
    )
  })

  test('two projects come and go without touching each other, and the last takes the table with it', async () => {
    await fc.assert(
      fc.asyncProperty(desiredState('demo', 0), desiredState('other', 4), async (demo, other) => {
        const settle = async (desired: DesiredState | null, project: string) => {
          const actual = await inspect(namespace.runner)
          const wanted = adopt(actual, desired, project)
          await apply(diff(actual, wanted), namespace.runner)
          expect(canonical(list())).toEqual(canonical(wanted))
        }
        namespace.nft(['flush', 'ruleset'])
        await settle(demo, 'demo')
        const alone = canonical(list())
        await settle(other, 'other')
        await settle(null, 'other')
        expect(canonical(list())).toEqual(alone)
        await settle(null, 'demo')
        expect(list()).toEqual(emptyRuleset)
      }),
      { numRuns: 15 },
    )
  })

  test('what is printed as JSON reads back as what it was, before and after the kernel', () => {
    fc.assert(
      fc.property(desiredState(), (desired) => {
        const compiled = compile(desired)
        expect(parse(print(compiled, 'nft-json'))).toEqual(compiled)
        expect(parse(printScript(compiled, 'nft-json')).tables).toEqual(compiled.tables)
      }),
      { numRuns: 100 },
    )
  })

  test('tables of others are byte for byte what they were', async () => {
    namespace.nft(['flush', 'ruleset'])
    const foreign = `table ip nat {\n\tchain p {\n\t\ttype nat hook prerouting priority dstnat; policy accept;\n\t\ttcp dport 80 counter packets 0 bytes 0 dnat to 10.0.0.1:80\n\t}\n}\ntable inet portolan2 {\n\tset s {\n\t\ttype ipv4_addr\n\t\telements = { 10.0.0.1 }\n\t}\n}\n`
    namespace.nft(['-f', '-'], foreign)
    const before = namespace.nft(['list', 'ruleset'])
    for (const desired of fc.sample(desiredState(), 3)) {
      const actual = await inspect(namespace.runner)
      await apply(diff(actual, adopt(actual, desired, 'demo')), namespace.runner)
    }
    const actual = await inspect(namespace.runner)
    await apply(diff(actual, adopt(actual, null, 'demo')), namespace.runner)
    expect(namespace.nft(['list', 'ruleset'])).toBe(before)
  })
})
