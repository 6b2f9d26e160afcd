import { expect, test } from '@jest/globals'
import type { DesiredState } from '@portolan/core'
import type { HostFacts } from '@portolan/netfilter'
import { HeldRules } from '../../../src/live/rules/held-rules.ts'
import type { RuleDrift, RuleKeeper } from '../../../src/live/rules/rule-keeper.ts'

const bridge = (network: string, address: string) => ({
  name: `br-${network}`,
  kind: 'bridge',
  alias: `portolan project=base network=${network}`,
  addresses: [address],
})

const toTakeOut: RuleDrift = { action: 'remove', object: 'port 8080', description: '' }

/** A host with a port in its rules. The port is wanted as soon as a bridge of Portolan's has 10.0.1.2. */
const heldOn = (factsOf: (reading: number) => HostFacts) => {
  let [facts, rules] = [0, 0]
  const keeper: RuleKeeper = {
    read: async (_facts, desired) => {
      rules += 1
      const drift = desired() === null ? [toTakeOut] : []
      return {
        others: () => [],
        own: () => [],
        opened: () => [],
        whole: drift.length === 0,
        drift,
      }
    },
    isUnchanged: async () => true,
    isCurrent: async () => true,
    hasQuickWay: false,
    quickly: async () => false,
    hold: async () => {},
    close: () => {},
  }
  const wanted: DesiredState = {
    project: 'shop',
    networks: [],
    endpoints: [],
    mappings: [],
    guardForwarding: false,
  }
  const host = {
    readFacts: async () => {
      facts += 1
      return factsOf(facts)
    },
    withLock: <Result>(work: () => Promise<Result>) => work(),
  }
  const held = new HeldRules('shop', host, keeper, (subnets) => (subnets.length === 0 ? null : wanted))
  return { held, read: () => ({ facts, rules }) }
}

test('what leads to a network that came between the readings of the host and of its rules is no drift', async () => {
  const { held } = heldOn((reading) => ({ interfaces: reading === 1 ? [] : [bridge('web', '10.0.1.1/24')] }))
  await held.refresh()
  expect(held.drift()).toEqual([])
  expect(held.isDamaged()).toBe(false)
  expect(held.bridges.map(({ name }) => name)).toEqual(['br-web'])
})

test('what is not as it is wanted on the same host is drift, and the rules are read once', async () => {
  const { held, read } = heldOn(() => ({ interfaces: [] }))
  await held.refresh()
  expect(held.drift()).toEqual([toTakeOut])
  expect(read()).toEqual({ facts: 2, rules: 1 })
})

test('a host whose bridges come and go all the time is told as it was found last', async () => {
  const { held } = heldOn((reading) => ({
    interfaces: [{ name: `docker${reading}`, kind: 'bridge', addresses: [] }],
  }))
  await held.refresh()
  expect(held.drift()).toEqual([toTakeOut])
})
