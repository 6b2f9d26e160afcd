import { describe, expect, test } from '@jest/globals'
import { commitLeases, type DesiredState, memoryLeaseStore } from '@portolan/core'
import * as iptables from '@portolan/iptables'
import * as nftables from '@portolan/nftables'
import { arbitraryFacts, arbitraryIntent } from '@portolan/testing'
import fc from 'fast-check'
import { type HostFacts, type Intent, noRules } from 'portolan'
import { madeOnce } from './support/made-once.ts'
import { attempt, type Host, isPlan } from './support/plan.ts'
import { runs } from './support/runs.ts'
import { settle } from './support/settle.ts'
import { iptablesStructure, nftStructure, type Structure } from './support/structure.ts'

/** The operations that both dialects have for projects, under common names. */
interface Dialect {
  /** Adds projects to an empty host in this order. Each one adds its difference. */
  readonly add: (states: readonly DesiredState[]) => Structure
  /** Adds all projects, and then removes some of them. */
  readonly addAndRemove: (states: readonly DesiredState[], removed: readonly DesiredState[]) => Structure
}

const labels = { labels: true }

const nftDialect: Dialect = (() => {
  const put = (actual: nftables.Ruleset, desired: DesiredState): nftables.Ruleset => {
    const wanted = nftables.adopt(actual, desired, desired.project)
    return nftables.applyTo(actual, nftables.diff(actual, wanted))
  }
  const take = (actual: nftables.Ruleset, { project }: DesiredState): nftables.Ruleset =>
    nftables.applyTo(actual, nftables.diff(actual, nftables.adopt(actual, null, project)))
  return {
    add: (states) => nftStructure(states.reduce(put, nftables.emptyRuleset), labels),
    addAndRemove: (states, removed) =>
      nftStructure(removed.reduce(take, states.reduce(put, nftables.emptyRuleset)), labels),
  }
})()

const iptablesDialect: Dialect = (() => {
  const put = (actual: iptables.Ruleset, desired: DesiredState): iptables.Ruleset => {
    const wanted = iptables.adopt(actual, desired, desired.project)
    return iptables.applyTo(actual, iptables.diff(actual, wanted))
  }
  const take = (actual: iptables.Ruleset, { project }: DesiredState): iptables.Ruleset =>
    iptables.applyTo(actual, iptables.diff(actual, iptables.adopt(actual, null, project)))
  return {
    add: (states) => iptablesStructure(states.reduce(put, iptables.emptyRuleset), labels),
    addAndRemove: (states, removed) =>
      iptablesStructure(removed.reduce(take, states.reduce(put, iptables.emptyRuleset)), labels),
  }
})()

/** Plans two or three projects one after the other on one host, so that none takes what another one has. */
const planNeighbours = async (
  intents: readonly Intent[],
  facts: HostFacts,
): Promise<readonly DesiredState[]> => {
  const leases = memoryLeaseStore()
  let host: Host = { facts, rules: noRules, leases }
  const states: DesiredState[] = []
  for (const wanted of intents) {
    const plan = await attempt(wanted, host, 'nftables')
    if (!isPlan(plan)) continue
    const proposal = plan.leases
    if (proposal !== null) await leases.transact((state) => commitLeases(state, proposal))
    states.push(plan.desired)
    host = settle(host, plan)
  }
  return states
}

const neighbours = madeOnce(planNeighbours)

const project = (index: number) => arbitraryIntent({ project: index })

const intents = fc
  .tuple(project(0), project(1), project(2))
  .chain((all) => fc.subarray([...all], { minLength: 2 }))

describe.each([
  ['nftables', nftDialect],
  ['iptables', iptablesDialect],
])('several projects on one host, in %s', (_, { add, addAndRemove }) => {
  test('have the same rules in whatever order they came', async () => {
    await fc.assert(
      fc.asyncProperty(intents, arbitraryFacts(), async (wanted, facts) => {
        const states = await neighbours(wanted, facts)
        const together = add(states)
        expect(add(states.toReversed())).toEqual(together)
        expect(add([...states.slice(1), ...states.slice(0, 1)])).toEqual(together)
      }),
      runs(30),
    )
  })

  test('leave the others as if they had never been, when they go', async () => {
    await fc.assert(
      fc.asyncProperty(intents, arbitraryFacts(), fc.nat(2), async (wanted, facts, which) => {
        const states = await neighbours(wanted, facts)
        const gone = states.filter((_, index) => index === which % states.length)
        const rest = states.filter((state) => !gone.includes(state))
        expect(addAndRemove(states, gone)).toEqual(add(rest))
      }),
      runs(40),
    )
  })

  test('leave nothing at all when the last of them goes', async () => {
    await fc.assert(
      fc.asyncProperty(intents, arbitraryFacts(), async (wanted, facts) => {
        const states = await neighbours(wanted, facts)
        expect(addAndRemove(states, states)).toEqual({})
        expect(addAndRemove(states, states.toReversed())).toEqual({})
      }),
      runs(15),
    )
  })

  test('change nothing of their own by being applied again', async () => {
    await fc.assert(
      fc.asyncProperty(intents, arbitraryFacts(), async (wanted, facts) => {
        const states = await neighbours(wanted, facts)
        expect(add([...states, ...states])).toEqual(add(states))
      }),
      runs(20),
    )
  })
})

describe('projects that are planned beside others', () => {
  test('never publish a host socket that another has, nor share a subnet or bridge with it', async () => {
    await fc.assert(
      fc.asyncProperty(intents, arbitraryFacts(), async (wanted, facts) => {
        const states = await neighbours(wanted, facts)
        const sockets = states.flatMap(({ mappings }) =>
          mappings
            .filter(({ kind }) => kind === 'nat')
            .map((one) => [one.family, one.protocol, one.hostAddress, one.interface, one.hostPort].join(' ')),
        )
        expect(sockets.filter((socket, index) => sockets.indexOf(socket) !== index)).toEqual([])
        const bridges = states.flatMap(({ networks }) => networks.map(({ bridge }) => bridge))
        expect(new Set(bridges).size).toBe(bridges.length)
        const subnets = states.flatMap(({ networks }) =>
          networks.flatMap(({ ip, ip6 }) => [ip, ip6].flatMap((one) => (one === null ? [] : [one.subnet]))),
        )
        expect(new Set(subnets).size).toBe(subnets.length)
      }),
      runs(30),
    )
  })
})
