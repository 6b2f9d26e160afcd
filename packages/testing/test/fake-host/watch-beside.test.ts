import { describe, expect, test } from '@jest/globals'
import { backends, type HostEvent, type LiveMachine, noRules, openHostOn } from 'portolan/machine'
import { driftOf } from '../../src/fake-host/drift.ts'
import { fakeMachine } from '../../src/fake-host/fake-machine.ts'
import { FakeState } from '../../src/fake-host/fake-state.ts'
import { completeFacts, smallHost } from '../../src/fake-host/small-host.ts'
import { gate } from './gate.ts'

const to = { endpoint: 'web-1', port: 80 } as const

/** A live host with port 8080 and a watch, and the watch's events. */
const watched = async (
  state: FakeState,
  machine: LiveMachine,
): Promise<{ readonly told: readonly string[] } & AsyncDisposable> => {
  const host = await openHostOn('shop', machine)
  await host.ensureNetwork('web', { pool: 'classic' })
  await host.lease('web', 'web-1')
  await host.publish({ hostPort: 8080, to })
  const told: string[] = []
  const tell = (event: HostEvent): readonly string[] =>
    event.kind === 'drift' ? event.changes.map(({ description }) => description) : [event.kind]
  void (async () => {
    for await (const event of host.watch({ check: true })) told.push(...tell(event))
  })()
  await state.clock.advance(1000)
  return { told, [Symbol.asyncDispose]: () => host.close() }
}

/** Changes something on the host, so that a watch checks it. */
const look = async (state: FakeState): Promise<void> => {
  const routes = state.facts.routes ?? []
  const route = {
    destination: `10.${routes.length}.0.0/16`,
    gateway: '192.0.2.1',
    interface: 'eth0',
    table: 254,
  }
  state.setFacts({ ...state.facts, routes: [...routes, route] })
  await state.clock.advance(1000)
}

describe.each(backends)('a watch with %s', (backend) => {
  test('tells what a program takes away while another process publishes', async () => {
    const state = new FakeState(completeFacts(smallHost), noRules)
    await using watch = await watched(state, fakeMachine(state, 'shop', backend))
    const { open, opened } = gate()
    const { rules, ...machine } = fakeMachine(state, 'shop', backend)
    const apply: typeof rules.apply = async (changes, generation) => {
      await opened
      await rules.apply(changes, generation)
      driftOf(state).deleteRules('0.0.0.0:8080')
    }
    await using other = await openHostOn('shop', { ...machine, rules: { ...rules, apply } })
    const published = other.publish({ hostPort: 8081, to })
    await state.clock.advance(0)
    await look(state)
    open()
    await published
    await state.clock.advance(1000)
    const [first, ...drift] = watch.told
    expect(first).toBe('watching')
    expect(drift.length).toBeGreaterThan(0)
    for (const one of drift) expect(one).toContain('8080')
  })

  test('tells no drift of what another process writes down while it looks', async () => {
    const state = new FakeState(completeFacts(smallHost), noRules)
    const machine = fakeMachine(state, 'shop', backend)
    const { ports } = machine.wanted
    let behind: (() => void) | null = null
    const thenWrite: typeof ports = () => {
      if (behind !== null) queueMicrotask(behind)
      behind = null
      return ports()
    }
    Object.assign(machine.wanted, { ports: thenWrite })
    await using watch = await watched(state, machine)
    const { open, opened } = gate()
    // The other process holds the lock from before it stores the port until it is done.
    const published = state.withLock(async () => {
      const other = state.wantedOf('shop')
      const [port] = other.ports()
      const written = gate()
      behind = written.open
      await written.opened
      const undo = await other.change(() => [{ key: 'port ["8081"]', value: { ...port, hostPort: 8081 } }])
      await opened
      await undo?.()
    })
    await look(state)
    await look(state)
    open()
    await published
    await look(state)
    expect(watch.told).toEqual(['watching'])
  })
})
