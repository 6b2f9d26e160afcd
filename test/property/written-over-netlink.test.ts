import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { NetlinkSocket } from '@portolan/core'
import { apply, compile, diff, emptyRuleset, type NftablesChange } from '@portolan/nftables'
import { arbitraryIntent } from '@portolan/testing'
import fc from 'fast-check'
import type { Intent } from 'portolan'
import { idle, openRelay } from '../../packages/nftables/test/arbitrary/netlink-relay.ts'
import {
  type NetworkNamespace,
  openNetworkNamespace,
} from '../../packages/nftables/test/arbitrary/network-namespace.ts'
import { describeOnKernel } from '../lab/gate.ts'
import { joinedState } from './arbitrary/flow.ts'
import { attempt, bareHost, isPlan } from './support/plan.ts'
import { runs } from './support/runs.ts'

describeOnKernel('what is written over netlink', 'nftables', () => {
  let byNft: NetworkNamespace
  let byUs: NetworkNamespace
  let socket: NetlinkSocket
  beforeAll(() => {
    byNft = openNetworkNamespace()
    byUs = openNetworkNamespace()
    socket = openRelay(byUs)
  })
  afterAll(() => {
    socket.close()
    byNft.close()
    byUs.close()
  })

  /** The rules as text and as JSON, with handles. */
  const listings = (namespace: NetworkNamespace): readonly string[] => [
    namespace.nft(['-a', 'list', 'ruleset']),
    namespace.nft(['-j', 'list', 'ruleset']),
  ]

  const carryOut = async (changes: readonly NftablesChange[]): Promise<void> => {
    await apply(changes, byNft.runner)
    await apply(changes, idle, { socket })
    expect(listings(byUs)).toEqual(listings(byNft))
  }

  test('is listed byte for byte as what `nft -f` makes of the same changes', async () => {
    const rulesOf = async (intent: Intent) => {
      const plan = await attempt(intent, bareHost, 'nftables')
      return isPlan(plan) ? compile(plan.desired) : emptyRuleset
    }
    const rules = fc.oneof(
      arbitraryIntent().map(rulesOf),
      joinedState.map(async (desired) => compile(desired)),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(rules, { minLength: 1, maxLength: 3 }), async (wanted) => {
        let before = emptyRuleset
        for (const one of wanted) {
          const after = await one
          await carryOut(diff(before, after))
          before = after
        }
        await carryOut(diff(before, emptyRuleset))
      }),
      runs(10),
    )
  })
})
