import { expect, test } from '@jest/globals'
import { emptyLeases } from '../../src/lease/index.ts'
import type { LeaseBook } from '../../src/lease/lease-book.ts'
import type { AddressUse } from '../../src/resolve/address-use.ts'
import { addressed } from '../../src/resolve/address-wish.ts'
import { assignAddresses } from '../../src/resolve/assign-addresses.ts'
import { draftLeases, type LeaseDraft } from '../../src/resolve/lease-draft.ts'
import { network } from '../contract/state.ts'
import { endpointIntent, intent, networkIntent } from './intent.ts'

/** An engine's network whose preferred addresses are few. */
const use: AddressUse = {
  ...{ bridge: 'br-web', engine: 'docker', isKnown: true },
  isHandedOut: () => false,
  holderOf: () => null,
  isTaken: () => false,
  parts: () => ['172.17.128.0/29', null],
}

/** Leases that count how often the whole network is searched. */
const countedLeases = (): { readonly leases: LeaseDraft; readonly walks: () => number } => {
  const draft = draftLeases(emptyLeases)
  let walks = 0
  const book: LeaseBook = new Proxy(draft.book, {
    get: (target, key) => {
      if (key === 'under') walks += 1
      return Reflect.get(target, key)
    },
  })
  return { leases: { ...draft, state: draft.state, book }, walks: () => walks }
}

test('a range that has no address left is not asked again for every endpoint', () => {
  const count = 50
  const web = network('web', { ip6: null, external: true })
  const endpoints = Array.from({ length: count }, (_, at) => endpointIntent({ service: `s${at}` }))
  const { leases, walks } = countedLeases()
  const assigned = assignAddresses(
    intent({ networks: [networkIntent({ external: true })], endpoints }),
    [addressed(web, { project: 'shop', network: 'web' }, [])],
    leases,
    [],
    new Map([['web', use]]),
    { isAttachedOn: () => false, unleased: { addresses: [], addressFor: () => null } },
  )
  const addresses = assigned.endpoints.map(({ ip }) => ip)
  expect(addresses.slice(0, 9)).toEqual([
    ...Array.from({ length: 8 }, (_, at) => `172.17.128.${at}`),
    '172.17.0.1',
  ])
  expect(new Set(addresses).size).toBe(count)
  // Once for unwanted leases, and once when the range was full.
  expect(walks()).toBeLessThan(5)
})
