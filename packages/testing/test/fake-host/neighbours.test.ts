import { describe, expect, test } from '@jest/globals'
import type { ClusterNeighbours } from '@portolan/core'
import { type ClusterMemory, type LiveMachine, noRules, openHostOn } from 'portolan/machine'
import { fakeMachine } from '../../src/fake-host/fake-machine.ts'
import { FakeState } from '../../src/fake-host/fake-state.ts'
import { planOn } from '../../src/fake-host/plan-on.ts'
import { completeFacts, smallHost } from '../../src/fake-host/small-host.ts'

const among = (others: ClusterNeighbours['others']): ClusterNeighbours => ({
  ...{ cluster: 'prod', host: 'h1', revision: 1, blocks: ['10.64.1.0/24'] },
  others,
})
const second = { block: '10.64.2.0/24', host: 'h2', via: '192.0.2.12' } as const
const third = { block: '10.64.9.0/24', host: 'h3', via: '192.0.2.13' } as const
const network = { ipv4: { subnet: '10.64.1.0/24' }, bridge: 'br-web' } as const

/** A live host with one network in its block, and the cluster's state that another process stores. */
const opened = async (first: ClusterNeighbours | null = among([second])) => {
  const state = new FakeState(completeFacts(smallHost), noRules)
  let known = first
  let writes = 0
  const listeners = new Set<() => void>()
  const cluster: ClusterMemory = {
    stamp: () => String(writes),
    holdRoutes: () => undefined,
    neighbours: async () => known,
    follow: (changed) => {
      listeners.add(changed)
      return () => void listeners.delete(changed)
    },
  }
  const machine: LiveMachine = {
    ...fakeMachine(state, 'shop', 'nftables'),
    cluster,
    plan: (intent, beside) => planOn(state, 'nftables', intent, { neighbours: known }, beside),
  }
  const host = await openHostOn('shop', machine)
  await host.ensureNetwork('web', network)
  return {
    ...{ host, state, listeners },
    write: (next: ClusterNeighbours | null): void => {
      known = next
      writes += 1
      for (const changed of listeners) changed()
    },
    routes: () =>
      (state.facts.routes ?? []).flatMap(({ protocol, destination, gateway }) =>
        protocol === 'portolan' ? [`${destination} by ${gateway}`] : [],
      ),
    /** The blocks that the rules contain. */
    named: () =>
      [second, third]
        .map(({ block }) => block)
        .filter((block) => JSON.stringify(state.rules).includes(block.split('/')[0] ?? '')),
  }
}

type Opened = Awaited<ReturnType<typeof opened>>

const calls: Readonly<Record<string, (one: Opened) => Promise<unknown>>> = {
  ensureNetwork: ({ host }) => host.ensureNetwork('web', network),
  attach: ({ host }) => host.attach({ network: 'web', endpoint: 'a', netns: { name: 'a' } }),
  publish: ({ host }) => host.publish({ hostPort: 8080, to: { address: '10.64.1.9', port: 80 } }),
}

describe('a live host of a cluster', () => {
  test('routes to the other hosts and names their blocks as soon as a network is there', async () => {
    const { host, routes, named } = await opened()
    expect([routes(), named()]).toEqual([['10.64.2.0/24 by 192.0.2.12'], ['10.64.2.0/24']])
    // They are not stored as a part of the wanted network.
    expect(host.networks()[0]?.ip).not.toHaveProperty('unmasqueraded')
  })

  test.each(Object.keys(calls))('follows with %s what was written down since', async (name) => {
    const one = await opened()
    const drift = async () => (await one.host.status({ conflicts: false })).drift
    expect(await drift()).toEqual([])
    one.write(among([{ ...second, via: '192.0.2.14' }, third]))
    // Known hosts that are not yet in the rules are no damage.
    expect(await drift()).toEqual([])
    await calls[name]?.(one)
    expect(one.routes().toSorted()).toEqual(['10.64.2.0/24 by 192.0.2.14', '10.64.9.0/24 by 192.0.2.13'])
    expect(one.named()).toEqual(['10.64.2.0/24', '10.64.9.0/24'])
    expect(await drift()).toEqual([])
    one.write(among([]))
    await calls[name]?.(one)
    expect([one.routes(), one.named()]).toEqual([[], []])
  })

  test('takes back, detaches and removes without a look at the other hosts', async () => {
    const one = await opened()
    await calls.attach?.(one)
    await calls.publish?.(one)
    one.write(among([]))
    await one.host.unpublish({ hostPort: 8080 })
    await one.host.detach('a')
    expect(one.routes()).toEqual(['10.64.2.0/24 by 192.0.2.12'])
  })

  test('is told of a route of others to such a block by its status too', async () => {
    const one = await opened()
    expect((await one.host.status()).conflicts).toEqual([])
    const { facts } = one.state
    const foreign = { destination: '10.64.2.128/25', gateway: '192.0.2.1', interface: 'eth0', table: 254 }
    one.state.setFacts({ ...facts, routes: [...(facts.routes ?? []), foreign] })
    expect((await one.host.status()).conflicts).toMatchObject([
      { kind: 'BlockRouteTaken', severity: 'warning', project: 'shop' },
    ])
  })

  test('follows while it is watched, and tells of it', async () => {
    const one = await opened()
    const ended = new AbortController()
    const events: string[] = []
    const watching = (async () => {
      for await (const event of one.host.watch({ signal: ended.signal }))
        events.push(
          ...(event.kind === 'drift'
            ? event.changes.map(({ action, object }) => `${event.outcome}: ${action} ${object}`)
            : [event.kind]),
        )
    })()
    await one.state.clock.advance(1000)
    expect(events).toEqual(['watching'])
    one.write(among([second, third]))
    await one.state.clock.advance(1000)
    expect(events).toContain('repaired: add route 10.64.9.0/24')
    expect(one.routes()).toContain('10.64.9.0/24 by 192.0.2.13')
    expect(one.named()).toEqual(['10.64.2.0/24', '10.64.9.0/24'])
    ended.abort()
    await watching
    expect(one.listeners.size).toBe(0)
  })
})
