import { expect, test } from '@jest/globals'
import { backends, type HostEvent, noRules, openHostOn } from 'portolan/machine'
import { driftOf } from '../../src/fake-host/drift.ts'
import { fakeMachine } from '../../src/fake-host/fake-machine.ts'
import { FakeState } from '../../src/fake-host/fake-state.ts'
import { completeFacts, smallHost } from '../../src/fake-host/small-host.ts'

const to = { endpoint: 'web-1', port: 80 } as const
const route = { destination: '10.9.0.0/16', gateway: '192.0.2.1', interface: 'eth0', table: 254 } as const

test.each(backends)(
  'a watch with %s tells what a program takes away while another process publishes',
  async (backend) => {
    const state = new FakeState(completeFacts(smallHost), noRules)
    await using host = await openHostOn('shop', fakeMachine(state, 'shop', backend))
    await host.ensureNetwork('web', { pool: 'classic' })
    await host.lease('web', 'web-1')
    await host.publish({ hostPort: 8080, to })
    const events: HostEvent[] = []
    void (async () => {
      for await (const event of host.watch({ check: true })) events.push(event)
    })()
    await state.clock.advance(1000)
    let goOn = (): void => {}
    const looked = new Promise<void>((resolve) => {
      goOn = resolve
    })
    const { rules, ...machine } = fakeMachine(state, 'shop', backend)
    const apply: typeof rules.apply = async (changes, generation) => {
      await looked
      await rules.apply(changes, generation)
      driftOf(state).deleteRules('0.0.0.0:8080')
    }
    await using other = await openHostOn('shop', { ...machine, rules: { ...rules, apply } })
    const published = other.publish({ hostPort: 8081, to })
    await state.clock.advance(0)
    // Something is to be looked at while what is written down is not in force.
    state.setFacts({ ...state.facts, routes: [...(state.facts.routes ?? []), route] })
    await state.clock.advance(1000)
    goOn()
    await published
    await state.clock.advance(1000)
    const told = events.flatMap((event) =>
      event.kind === 'drift' ? event.changes.map(({ description }) => description) : [event.kind],
    )
    expect(told[0]).toBe('watching')
    expect(told.length).toBeGreaterThan(1)
    for (const one of told.slice(1)) expect(one).toContain('8080')
  },
)
