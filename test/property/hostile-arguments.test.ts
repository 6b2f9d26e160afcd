import { describe, expect, test } from '@jest/globals'
import * as netfilter from '@portolan/netfilter'
import { fakeHost } from '@portolan/testing'
import fc from 'fast-check'
import * as facade from 'portolan'
import * as picture from 'portolan/picture'
import { runs } from './support/runs.ts'

type Callable = (...values: readonly unknown[]) => unknown

/** What JavaScript may hand in where no compiler looks. */
const hostile = fc.constantFrom<unknown>(
  ...[undefined, null, true, 0, Number.NaN, 1n, 'x', '', Symbol('x'), () => undefined, new Map(), /x/],
  ...[{}, [], [null], [1n], [Symbol('x')], { name: Symbol('x') }, { family: 1n }, Object.create(null)],
)
const values = fc.array(hostile, { maxLength: 4 })

/** Ends well, or with an error of ours: the words of any other say nothing of what was handed in. */
const expectOurs = async (call: () => unknown): Promise<void> => {
  try {
    await call()
  } catch (error) {
    if (!(error instanceof netfilter.PortolanError)) throw error
  }
}

/** Those that read or change no host of themselves. */
const pure: Readonly<Record<string, unknown>> = {
  intent: facade.intent,
  lowerRules: facade.lowerRules,
  parsePool: facade.parsePool,
  planFromJson: facade.planFromJson,
  planSubnets: facade.planSubnets,
  readCompose: facade.readCompose,
  script: facade.script,
  'plan of a given host': (given: facade.Intent) =>
    facade.plan(given, { facts: {}, rules: null, backend: 'nftables' }),
  cellsFor: picture.cellsFor,
  drawAddressMap: picture.drawAddressMap,
  mapAddresses: picture.mapAddresses,
  printAddressMap: (map: picture.AddressMap, options: picture.PrintMapOptions) =>
    picture.printAddressMap(map, options),
  parseHostFacts: netfilter.parseHostFacts,
}

/** Those that read a text of a user. */
const readers: Readonly<Record<string, (text: never) => unknown>> = {
  familyOf: netfilter.familyOf,
  parseAddress: netfilter.parseAddress,
  parsePrefix: netfilter.parsePrefix,
  parseHostOrPrefix: netfilter.parseHostOrPrefix,
  parseInterfaceAddress: netfilter.parseInterfaceAddress,
  tryParseAddress: netfilter.tryParseAddress,
  tryParsePrefix: netfilter.tryParsePrefix,
  tryParseHostOrPrefix: netfilter.tryParseHostOrPrefix,
  macFromAddress: netfilter.macFromAddress,
}

describe('a value of another kind ends in an error of ours', () => {
  test.each(Object.keys(pure))('as an argument of %s', async (name) => {
    const call = pure[name] as Callable
    await fc.assert(
      fc.asyncProperty(values, (given) => expectOurs(() => call(...given))),
      runs(200),
    )
  })

  test.each(Object.keys(readers))('as the text of %s', async (name) => {
    const call = readers[name] as Callable
    await fc.assert(
      fc.asyncProperty(hostile, (given) => expectOurs(() => call(given))),
      runs(100),
    )
  })

  test('as an argument of a live host', async () => {
    await using host = await fakeHost().openHost({ project: 'shop', backend: 'nftables' })
    await host.ensureNetwork('web')
    const names = Object.keys(host).filter((name) => name !== 'close' && name !== 'watch')
    expect(names).toContain('removeNetwork')
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...names), values, (name, given) =>
        expectOurs(() => (host[name as keyof typeof host] as Callable)(...given)),
      ),
      runs(2000),
    )
  })
})
