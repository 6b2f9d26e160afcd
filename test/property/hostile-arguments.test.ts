import { describe, expect, test } from '@jest/globals'
import * as netfilter from '@portolan/netfilter'
import { fakeHost } from '@portolan/testing'
import fc from 'fast-check'
import * as facade from 'portolan'
import * as picture from 'portolan/picture'
import { runs } from './support/runs.ts'

type Callable = (...values: readonly unknown[]) => unknown

/** Values that a JavaScript caller may pass, where no compiler checks the types. */
const hostileValues: readonly unknown[] = [
  ...[undefined, null, true, 0, Number.NaN, 1n, 'x', '', Symbol('x'), () => undefined, new Map(), /x/],
  ...[{}, [], [null], [1n], [Symbol('x')], { name: Symbol('x') }, { family: 1n }, Object.create(null)],
]
const hostile = fc.constantFrom(...hostileValues)
const values = fc.array(hostile, { maxLength: 4 })

/** Expects success or an error of Portolan. Another error's message would not explain the bad value. */
const expectOurs = async (call: () => unknown): Promise<void> => {
  try {
    await call()
  } catch (error) {
    if (!(error instanceof netfilter.PortolanError)) throw error
  }
}

/** Functions that neither read nor change a host. */
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

/** Functions that read a user's text. */
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

const facts: netfilter.HostFacts = {
  routes: [{ destination: '10.8.0.0/17', interface: 'wg0' }],
  interfaces: [{ name: 'wg0', up: true, addresses: ['10.8.0.2/24'] }],
}
const wanted = facade.planSubnets(
  facts,
  [{ network: 'web', family: 'ip' }],
  [facade.parsePool('10.8.0.0/14:18')],
)
const drawable: picture.MapInput = {
  ...{ family: 'ip', size: null, pools: [facade.parsePool('10.8.0.0/14:18')], options: {}, asked: 1 },
  ...{ subnets: wanted, rejected: wanted.flatMap(({ rejected }) => rejected), cells: 16 },
}

/** The paths to all values inside a value, as keys. */
const placesIn = (value: unknown, at: readonly string[] = []): readonly (readonly string[])[] =>
  typeof value !== 'object' || value === null
    ? [at]
    : [at, ...Object.entries(value).flatMap(([key, part]) => placesIn(part, [...at, key]))]

/** A copy of the value in which the value at a path is replaced. */
const withAt = (value: unknown, [key, ...rest]: readonly string[], other: unknown): unknown => {
  if (key === undefined || typeof value !== 'object' || value === null) return other
  const copy: Record<string, unknown> | unknown[] = Array.isArray(value) ? [...value] : { ...value }
  const part = (copy as Record<string, unknown>)[key]
  return Object.assign(copy, { [key]: withAt(part, rest, other) })
}

/** Functions that draw pictures. Their arguments are nested lists. */
const drawing: Readonly<Record<string, readonly [call: (value: never) => unknown, whole: unknown]>> = {
  mapAddresses: [(value) => picture.mapAddresses(facts, value), drawable],
  drawAddressMap: [picture.drawAddressMap, picture.mapAddresses(facts, drawable)],
  printAddressMap: [picture.printAddressMap, picture.mapAddresses(facts, drawable)],
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

  test.each(Object.keys(drawing))('in any place within the argument of %s', async (name) => {
    const [call, whole] = drawing[name] ?? []
    const places = placesIn(whole)
    expect(places.length).toBeGreaterThan(30)
    for (const place of places)
      for (const value of hostileValues)
        await expectOurs(() => (call as Callable)(withAt(whole, place, value)))
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
