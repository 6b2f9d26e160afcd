import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { NetlinkSocket } from '@portolan/core'
import fc from 'fast-check'
import { adopt, apply, compile, diff, inspect, type NftablesChange, type Ruleset } from '../../src/index.ts'
import { chain, rule } from '../../src/model/build.ts'
import {
  type Chain,
  ct,
  drop,
  emptyRuleset,
  has,
  is,
  jump,
  meta,
  payload,
  reference,
  text,
} from '../../src/model/index.ts'
import { bitSymbols } from '../../src/wire/symbols.ts'
import { desiredState } from '../arbitrary/desired-state.ts'
import { state } from '../arbitrary/example.ts'
import { idle, openRelay } from '../arbitrary/netlink-relay.ts'
import { hasNamespaces, type NetworkNamespace, openNetworkNamespace } from '../arbitrary/network-namespace.ts'

// Without namespaces these tests fail in CI, where a skipped suite would not be noticed.
const suite = hasNamespaces() || process.env.CI === 'true' ? describe : describe.skip

/** Rules as they were while a chain at prerouting dropped loopback addresses from containers. */
const olderGuard = (ruleset: Ruleset): Ruleset => ({
  ...ruleset,
  tables: ruleset.tables.map((table) => ({
    ...table,
    chains: table.chains.map((found): Chain => {
      const { name, rules, base } = found
      const bridges = is(meta('iifname'), reference('bridges'))
      const loopback = { kind: 'prefix', address: text('127.0.0.0'), length: 8 } as const
      if (name === 'forward') return { ...found, rules: rules.slice(1, 3) }
      if (name === 'guard_network') return { ...found, rules: [rule(null, bridges, drop)] }
      if (name !== 'guard_input' || base === null) return found
      return {
        ...found,
        name: 'guard_prerouting',
        base: { ...base, hook: 'prerouting' },
        rules: (['daddr', 'saddr'] as const).map((side) =>
          rule(null, is(payload('ip', side), loopback), jump('guard_network')),
        ),
      }
    }),
  })),
})

suite('our table written over netlink', () => {
  let [byNft, byUs]: NetworkNamespace[] = []
  let socket: NetlinkSocket
  beforeAll(() => {
    byNft = openNetworkNamespace()
    byUs = openNetworkNamespace()
    socket = openRelay(byUs)
  })
  afterAll(() => {
    socket.close()
    byNft?.close()
    byUs?.close()
  })

  const both = (): readonly [NetworkNamespace, NetworkNamespace] => {
    if (byNft === undefined || byUs === undefined) throw new Error('no namespaces')
    return [byNft, byUs]
  }
  const empty = (): void => both().forEach((namespace) => void namespace.nft(['flush', 'ruleset']))

  /** The rules as text and as JSON, with handles. */
  const listings = (namespace: NetworkNamespace): readonly string[] => [
    namespace.nft(['-a', 'list', 'ruleset']),
    namespace.nft(['-j', 'list', 'ruleset']),
  ]

  /** Carries changes out by nft in one namespace and by Portolan in the other. Both must then be equal. */
  const carryOut = async (changes: readonly NftablesChange[]): Promise<void> => {
    const [theirs, ours] = both()
    await apply(changes, theirs.runner)
    await apply(changes, idle, { socket })
    expect(listings(ours)).toEqual(listings(theirs))
  }

  const move = async (before: Ruleset, after: Ruleset): Promise<void> => carryOut(diff(before, after))

  test('is listed byte for byte as nft would have written it, whatever users wrote', async () => {
    await fc.assert(
      fc.asyncProperty(desiredState(), async (desired) => {
        empty()
        await move(emptyRuleset, compile(desired))
      }),
      { numRuns: 20 },
    )
  })

  test('takes the place of rules that an older version wrote, which guarded loopback addresses before DNAT', async () => {
    const desired = state()
    const now = compile(desired)
    const before = olderGuard(now)
    empty()
    await move(emptyRuleset, before)
    const [, ours] = both()
    const found = await inspect(idle, { socket })
    // Another project comes, and so does one that is planned anew.
    const upgraded = adopt(found, state({ project: 'other', networks: [], mappings: [] }), 'other')
    const changes = diff(found, upgraded)
    await carryOut(changes)
    const listed = ours.nft(['list', 'ruleset'])
    expect(listed).not.toContain('guard_prerouting')
    expect(listed).toContain('iifname @bridges goto guard_network')
    expect(changes.map(({ operation }) => operation.kind)).not.toContain('add-table')
    expect(changes.map(({ operation }) => operation.kind)).not.toContain('add-element')
    const again = await inspect(idle, { socket })
    await carryOut(diff(again, adopt(again, desired, desired.project)))
    const last = await inspect(idle, { socket })
    expect(diff(last, now)).toEqual([])
  })

  test('so is each word for a bit of what conntrack knows, also those that no compiled rule has', async () => {
    const [table] = compile(state()).tables
    if (table === undefined) throw new Error('no table')
    const matches = Object.entries(bitSymbols).flatMap(([type, symbols]) =>
      symbols.map(([word]) => has(ct(type.replace('ct_', '')), text(word))),
    )
    const words = chain(
      'words',
      matches.map((one) => rule(null, one)),
    )
    empty()
    await move(emptyRuleset, { tables: [{ ...table, chains: [...table.chains, words] }], opaque: [] })
    const [, ours] = both()
    expect(await inspect(idle, { socket })).toMatchObject({
      tables: [{ chains: expect.arrayContaining([expect.objectContaining({ name: 'words' })]) }],
    })
    expect(ours.nft(['list', 'ruleset'])).toContain('ct status assured')
  })

  test('and after any change from one state to another, and when it goes', async () => {
    await fc.assert(
      fc.asyncProperty(
        desiredState(),
        desiredState('other', 4),
        desiredState(),
        async (first, other, last) => {
          empty()
          const [, ours] = both()
          const settle = async (wanted: (actual: Ruleset) => Ruleset): Promise<void> => {
            const actual = await inspect(ours.runner)
            await move(actual, wanted(actual))
          }
          await settle((actual) => adopt(actual, first, 'demo'))
          await settle((actual) => adopt(actual, other, 'other'))
          await settle((actual) => adopt(actual, last, 'demo'))
          await settle((actual) => adopt(actual, null, 'other'))
          await settle((actual) => adopt(actual, null, 'demo'))
        },
      ),
      { numRuns: 8 },
    )
  })
})
