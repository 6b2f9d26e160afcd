import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  acquireAddress,
  acquirePort,
  emptyLeases,
  type LeaseChange,
  type LeaseState,
  leaseKey,
  listLeases,
  releaseLease,
} from '../../src/index.ts'
import { acquireAddressIn, prepareRange } from '../../src/lease/acquire-address.ts'
import { acquirePortIn } from '../../src/lease/acquire-port.ts'
import { draftBook } from '../../src/lease/draft-book.ts'
import { openBook } from '../../src/lease/lease-book.ts'
import { mergeChanges } from '../../src/lease/lease-step.ts'
import { releaseLeaseIn } from '../../src/lease/release.ts'

/** Few networks, holders and addresses, so that they collide. */
const step = fc.oneof(
  fc.record({
    kind: fc.constant('address' as const),
    network: fc.constantFrom('web', 'db'),
    service: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
    size: fc.constantFrom(28, 29),
    fixed: fc.option(fc.integer({ min: 1, max: 6 }), { freq: 4 }),
    seen: fc.integer({ min: 0, max: 3 }),
  }),
  fc.record({ kind: fc.constant('port' as const), service: fc.constantFrom('a', 'b', 'c') }),
  fc.record({ kind: fc.constant('release' as const), at: fc.nat({ max: 12 }) }),
)

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never

/** One function for each set of addresses, as the search wants it. */
const seenAt = [0, 1, 2, 3].map((last) => (address: string) => Number(address.split('.')[3]) <= last)

const addressRequest = ({ network, service, size, fixed, seen }: Extract<Step, { kind: 'address' }>) => ({
  on: { project: 'shop', network },
  holder: { project: 'shop', service, replica: 1 },
  subnet: `10.0.0.0/${size}`,
  gateway: '10.0.0.5',
  ipRange: null,
  address: fixed === null ? null : `10.0.0.${fixed}`,
  mac: null,
  ...(seenAt[seen] === undefined ? {} : { isTaken: seenAt[seen] }),
})

const portRequest = ({ service }: Extract<Step, { kind: 'port' }>) => ({
  holder: { project: 'shop', service, replica: 1, network: 'web', containerPort: 80 },
  protocol: 'tcp' as const,
  range: { first: 32768, last: 32770 },
  isTaken: () => false,
})

const attempt = <Result>(work: () => Result): Result | string => {
  try {
    return work()
  } catch (error) {
    return (error as Error).message
  }
}

const sorted = <Item extends { readonly key: string }>(items: readonly Item[]): readonly Item[] =>
  items.toSorted((a, b) => (a.key < b.key ? -1 : 1))

test('what is written in a draft comes to what single operations on states come to', () => {
  let refused = 0
  let released = 0
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), fc.array(step, { maxLength: 40 }), (before, after) => {
      let state: LeaseState = emptyLeases
      const changes: LeaseChange[] = []
      const oneByOne = (one: Step): unknown =>
        attempt(() => {
          const listed = listLeases(state)
          const lease = one.kind === 'release' ? listed[one.at % Math.max(listed.length, 1)] : undefined
          const done =
            one.kind === 'address'
              ? acquireAddress(state, addressRequest(one))
              : one.kind === 'port'
                ? acquirePort(state, portRequest(one))
                : releaseLease(state, lease === undefined ? '' : leaseKey(lease))
          state = done.state
          changes.push(...done.changes)
          return done.result
        })
      for (const one of before) oneByOne(one)
      changes.length = 0
      const drafted: LeaseChange[] = []
      const book = draftBook(state, drafted)
      const inDraft = (one: Step): unknown =>
        attempt(() => {
          if (one.kind === 'address') {
            const request = addressRequest(one)
            return acquireAddressIn(book, request, prepareRange(request))
          }
          if (one.kind === 'port') return acquirePortIn(book, portRequest(one))
          const listed = sorted(book.under('').map((lease) => ({ key: leaseKey(lease) })))
          return releaseLeaseIn(book, listed[one.at % Math.max(listed.length, 1)]?.key ?? '')
        })
      for (const one of after) {
        const wanted = oneByOne(one)
        if (typeof wanted === 'string') refused += 1
        if (one.kind === 'release' && wanted === true) released += 1
        expect(inDraft(one)).toEqual(wanted)
      }
      expect(listLeases(book.toState())).toEqual(listLeases(state))
      expect(sorted(mergeChanges(drafted))).toEqual(sorted(mergeChanges(changes)))
      // What comes after goes on alike: the order of releases and the search are those of the state.
      const next = addressRequest({
        kind: 'address',
        network: 'web',
        service: 'f',
        size: 28,
        fixed: null,
        seen: 0,
      })
      const inState = attempt(() => openBook(state).close(acquireAddress(state, next).result).result)
      expect(attempt(() => acquireAddress(book.toState(), next).result)).toEqual(inState)
    }),
    { numRuns: 400 },
  )
  expect(refused).toBeGreaterThan(20)
  expect(released).toBeGreaterThan(100)
})
