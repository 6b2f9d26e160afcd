import { expect } from '@jest/globals'
import {
  type AddressRequest,
  acquireAddress,
  findLease,
  type LeaseStore,
  leaseKey,
  leaseState,
  listLeases,
  releaseLease,
} from '@portolan/core'
import fc from 'fast-check'

/** A /28 with its gateway in the middle. It has 13 addresses, so tests can exhaust it. */
export const subnet = '10.0.0.16/28'
export const gateway = '10.0.0.20'
const all = Array.from({ length: 14 }, (_, index) => `10.0.0.${17 + index}`).filter((one) => one !== gateway)

/** The same rules without regard for speed: lists in the order of events. */
export interface LeaseModel {
  readonly held: Map<string, string>
  /** Oldest first. */
  released: { readonly address: string; readonly holder: string }[]
}

export const emptyModel = (): LeaseModel => ({ held: new Map(), released: [] })

/** The system under test, and functions that close and reopen it. */
export interface LeaseSystem {
  store: LeaseStore
  readonly reopen: () => Promise<void>
}

type LeaseCommand = fc.AsyncCommand<LeaseModel, LeaseSystem>

const on = { project: 'shop', network: 'web' }

const request = (service: string, address: string | null, seen: readonly string[] = []): AddressRequest => ({
  on,
  holder: { project: 'shop', service, replica: 1 },
  subnet,
  gateway,
  ipRange: null,
  address,
  isTaken: (one) => seen.includes(one),
  mac: null,
})

const keyOf = (address: string): string => `address/shop/web/ip/${address}`

/** @returns null: the subnet is exhausted */
const expected = (model: LeaseModel, holder: string, seen: readonly string[]): string | null => {
  const last = model.released.findLast((one) => one.holder === holder)?.address
  // A released address is not given back when it was seen in use meanwhile.
  const own = model.held.get(holder) ?? (last !== undefined && seen.includes(last) ? undefined : last)
  const inUse = new Set([...model.held.values(), ...model.released.map(({ address }) => address), ...seen])
  const longest = model.released.find(({ address }) => !seen.includes(address))?.address
  return own ?? all.find((one) => !inUse.has(one)) ?? longest ?? null
}

const give = (model: LeaseModel, holder: string, address: string): void => {
  const before = model.held.get(holder)
  model.released = model.released.filter((one) => one.address !== address)
  if (before !== undefined && before !== address) model.released.push({ address: before, holder })
  model.held.set(holder, address)
}

/** Checks that the store equals the model, with the order of releases, and that its indexes fit its leases. */
const compare = async (model: LeaseModel, { store }: LeaseSystem): Promise<void> => {
  const state = await store.read()
  const leases = listLeases(state).flatMap((lease) => (lease.kind === 'address' ? [lease] : []))
  const held = leases.filter(({ released }) => released === null)
  const released = leases
    .filter((lease) => lease.released !== null)
    .sort((a, b) => (a.released ?? 0) - (b.released ?? 0))
  expect(new Map(held.map(({ holder, address }) => [holder.service, address]))).toEqual(model.held)
  expect(held).toHaveLength(model.held.size)
  expect(released.map(({ address, holder }) => ({ address, holder: holder.service }))).toEqual(model.released)
  const rebuilt = leaseState(leases)
  expect(flat(rebuilt.holders)).toEqual(flat(state.holders))
  expect(flat(rebuilt.released)).toEqual(flat(state.released))
}

/** The entries of a tree of any shape, as a list. */
const flat = (tree: ReturnType<typeof leaseState>['holders']): readonly (readonly [string, string])[] =>
  tree === null ? [] : [...flat(tree.left), [tree.key, tree.value], ...flat(tree.right)]

const command = (name: string, run: LeaseCommand['run']): LeaseCommand => ({
  check: () => true,
  run: async (model, system) => {
    await run(model, system)
    await compare(model, system)
  },
  toString: () => name,
})

const acquire = (holder: string, seen: readonly string[]): LeaseCommand =>
  command(`acquire ${holder}, others seen at [${seen.join(' ')}]`, async (model, { store }) => {
    const wanted = expected(model, holder, seen)
    const given = store.transact((state) => acquireAddress(state, request(holder, null, seen)))
    if (wanted === null) {
      await expect(given).rejects.toMatchObject({ code: 'SUBNET_EXHAUSTED' })
      return
    }
    expect((await given).address).toBe(wanted)
    give(model, holder, wanted)
  })

const acquireStatic = (holder: string, address: string): LeaseCommand =>
  command(`acquire ${holder} ${address}`, async (model, { store }) => {
    const owner = [...model.held].find(([, one]) => one === address)?.[0]
    const given = store.transact((state) => acquireAddress(state, request(holder, address)))
    if (owner !== undefined && owner !== holder) {
      await expect(given).rejects.toMatchObject({ code: 'ADDRESS_LEASED' })
      return
    }
    expect((await given).address).toBe(address)
    give(model, holder, address)
  })

const release = (holder: string): LeaseCommand =>
  command(`release ${holder}`, async (model, { store }) => {
    const address = model.held.get(holder)
    const done = await store.transact((state) => {
      const lease = address === undefined ? null : findLease(state, keyOf(address))
      return releaseLease(state, lease === null ? keyOf('10.0.0.99') : leaseKey(lease))
    })
    expect(done).toBe(address !== undefined)
    if (address === undefined) return
    model.held.delete(holder)
    model.released.push({ address, holder })
  })

/** An operation that fails after its work leaves nothing of the work. */
const fail = (holder: string): LeaseCommand =>
  command(`acquire ${holder} and fail`, async (_model, { store }) => {
    const failing = store.transact((state) => {
      try {
        acquireAddress(state, request(holder, null))
      } catch {}
      throw new Error('on purpose')
    })
    await expect(failing).rejects.toThrow('on purpose')
  })

const reopen = (): LeaseCommand => command('reopen', async (_model, system) => system.reopen())

/** Random commands for a store, in any order. */
export const leaseCommands = (maxCommands: number): fc.Arbitrary<Iterable<LeaseCommand>> => {
  const holder = fc.constantFrom(...'abcdefghijklmnopq')
  return fc.commands(
    [
      holder.map((one) => acquire(one, [])),
      fc.tuple(holder, fc.subarray([...all])).map(([one, seen]) => acquire(one, seen)),
      fc.tuple(holder, fc.constantFrom(...all)).map(([one, address]) => acquireStatic(one, address)),
      holder.map(release),
      holder.map(fail),
      fc.constant(reopen()),
    ],
    { maxCommands },
  )
}
