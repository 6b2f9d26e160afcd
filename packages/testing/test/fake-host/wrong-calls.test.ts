import { expect, test } from '@jest/globals'
import { PortolanError } from '@portolan/netfilter'
import { fakeHost } from '@portolan/testing'
import type { LiveHost } from 'portolan/machine'

/** The value as a caller without types would pass it. */
const untyped = (value: unknown): never => value as never

/** A value that no template string takes, as `Object.create(null)` and symbols are. */
const textless: unknown = Object.create(null)

const calls: readonly (readonly [call: string, make: (live: LiveHost) => Promise<unknown>, told: string])[] =
  [
    [
      'publish to an endpoint that is a bigint',
      (live) => live.publish({ hostPort: 8080, to: { endpoint: untyped(10n), port: 80 } }),
      'to.endpoint is 10: expected the name of an endpoint',
    ],
    [
      'publish to a network that is no text',
      (live) =>
        live.publish({ hostPort: 8080, to: { endpoint: 'web-1', network: untyped(textless), port: 80 } }),
      'to.network is {}: expected the name of a network',
    ],
    [
      'publish with a weight that is no number',
      (live) =>
        live.publish({ hostPort: 8080, to: { endpoint: 'web-1', port: 80, weight: untyped(textless) } }),
      'has the weight {}: expected a whole number',
    ],
    [
      'unpublish on an interface that is no text',
      (live) => live.unpublish({ hostPort: 8080, interface: untyped(textless) }),
      'interface is {}: expected the name of an interface',
    ],
    [
      'unpublish of an endpoint on a network that is no text',
      (live) => live.unpublish({ endpoint: 'web-1', network: untyped(5) }),
      'network is 5: expected a name',
    ],
    [
      'checkNetwork with an MTU that is no number',
      (live) => live.checkNetwork('back', { mtu: untyped(textless) }),
      'the MTU of network back is {}: expected 68 to 65535',
    ],
    [
      'ensureParentedNetwork with null as driver',
      (live) => live.ensureParentedNetwork('lan', { parent: 'eth0', driver: untyped(null) }),
      'the driver of network lan is null: expected an object',
    ],
    [
      'release of half a surrogate pair',
      (live) => live.release('web', '\ud800'),
      'the name of the endpoint is "\\ud800": expected',
    ],
  ]

test.each(calls)('a live host refuses %s, and names it', async (_call, make, told) => {
  await using live = await fakeHost().openHost({ backend: 'nftables', project: 'shop' })
  await live.ensureNetwork('web', { pool: 'classic' })
  await live.lease('web', 'web-1')
  const error = await make(live).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(PortolanError)
  expect(error).toMatchObject({ message: expect.stringContaining(told) })
  expect(live.published()).toEqual([])
})
