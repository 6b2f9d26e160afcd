import { expect, test } from '@jest/globals'
import { fromJson } from '../../../../test/from-json.ts'
import { placesIn, put, type Step } from '../../../../test/lab/places-in.ts'
import {
  type HostFacts,
  type Intent,
  InvalidRequestError,
  intent,
  PortolanError,
  plan,
} from '../../src/index.ts'

const made: Intent = intent('shop')
  .network('web', {
    ipv4: { subnet: '10.1.0.0/24', gateway: '10.1.0.1', ipRange: '10.1.0.0/25' },
    ipv6: true,
    reachableFrom: [{ interface: 'wg0' }],
  })
  .service('db', { networks: { web: { ip: '10.1.0.9' } } })
  .service('app', {
    networks: ['web'],
    ports: [{ hostPort: 8080, port: 80, allowFrom: ['198.51.100.0/24'] }],
    links: [{ service: 'db', ports: [5432] }],
  })
/** The intent as a user's program may have stored it. */
const stored = fromJson<unknown>(JSON.stringify(made))

const others: readonly unknown[] = [7, 'x', true, null, {}, [], [7]]

/** For these keys null opens a port to more clients than any other value. */
const narrowing = ['hostAddress', 'interface', 'allowFrom', 'hostBinding']

const told = (given: unknown, facts: HostFacts = {}): Promise<unknown> =>
  plan(given as Intent, { facts, rules: null, backend: 'nftables' }).then(
    () => 'planned',
    (error: unknown) => error,
  )

test('an intent that is JSON is planned as the one that it was', async () => {
  expect(await told(stored)).toBe('planned')
})

test('what may be null may be absent, but for what narrows where a port is published', async () => {
  const without = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(without)
    if (typeof value !== 'object' || value === null) return value
    const kept = Object.entries(value).filter(([key, one]) => one !== null || narrowing.includes(key))
    return Object.fromEntries(kept.map(([key, one]) => [key, without(one)]))
  }
  const bare = without(stored)
  expect(JSON.stringify(bare)).not.toContain('place')
  const options = { facts: {}, rules: null, backend: 'nftables' } as const
  const [planned, whole] = [await plan(bare as Intent, options), await plan(made, options)]
  expect(planned.desired.mappings).toEqual(whole.desired.mappings)
  expect(planned.subnets).toEqual(whole.subnets)
  for (const key of narrowing.filter((one) => one !== 'hostBinding'))
    expect(String(await told(put(stored, ['mappings', 0, key], undefined)))).toContain(
      `mappings[0].${key} in the intent is missing`,
    )
})

test('an intent whose keys are those of its class is planned too', async () => {
  const ofClass = (value: object): object => Object.create(value)
  expect(await told(ofClass(made))).toBe('planned')
  expect(await told({ ...made, networks: made.networks.map(ofClass) })).toBe('planned')
})

test('a part of another kind is refused, or taken, wherever it is', async () => {
  const ended: unknown[] = []
  for (const place of placesIn(stored))
    for (const value of others) {
      const found = await told(put(stored, place, value))
      if (found !== 'planned' && !(found instanceof PortolanError)) ended.push({ place, value, found })
    }
  expect(ended).toEqual([])
})

test.each<[readonly Step[], unknown, string]>([
  [['networks', 0, 'name'], 7, 'networks[0].name in the intent is 7: expected a text.'],
  [['networks', 0, 'pools'], 'classic', 'networks[0].pools in the intent is "classic": expected a list of'],
  [['mappings', 0, 'interface'], 7, 'mappings[0].interface in the intent is 7: expected a text, or null.'],
  [['mappings', 0], {}, 'mappings[0].service in the intent is missing: expected a text.'],
  [['links', 0], null, 'links in the intent is [null]: expected a list of objects'],
  [['networks', 0, 'reachableFrom', 0, 'from'], {}, 'networks[0].reachableFrom in the intent is [{"from":{}'],
])('%j that is %j is named', async (place, value, words) => {
  const found = await told(put(stored, place, value))
  expect(found).toBeInstanceOf(InvalidRequestError)
  expect(String(found)).toContain(words)
})

test('a part of facts of another kind is named', async () => {
  // A caller in JavaScript may pass a number.
  const facts = { interfaces: [{ name: 7 }] } as unknown as HostFacts
  expect(String(await told(made, facts))).toContain(
    'interfaces[0].name in the facts in the options of plan is 7: expected a text.',
  )
})
