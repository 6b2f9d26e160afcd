import { describe, expect, test } from '@jest/globals'
import { backends, noRules, openHostOn } from 'portolan/machine'
import { driftOf } from '../../src/fake-host/drift.ts'
import { fakeMachine } from '../../src/fake-host/fake-machine.ts'
import { FakeState } from '../../src/fake-host/fake-state.ts'
import { completeFacts, smallHost } from '../../src/fake-host/small-host.ts'
import { gate } from './gate.ts'

const to = { endpoint: 'web-1', port: 80 } as const

describe.each(backends)('a live host with %s', (backend) => {
  test.each([
    { force: false, published: [8080] },
    { force: true, published: [8080, 8081] },
  ])(
    'publishes $published if a program begins to listen on 8081 while the call waits for the lock, force: $force',
    async ({ force, published }) => {
      const state = new FakeState(completeFacts(smallHost), noRules)
      await using host = await openHostOn('shop', fakeMachine(state, 'shop', backend))
      await host.ensureNetwork('web', { pool: 'classic' })
      await host.lease('web', 'web-1')
      await host.publish({ hostPort: 8080, to })
      // A port is added without the lock, unless rules are missing.
      if (backend === 'iptables-legacy') driftOf(state).flushIptables('iptables-legacy')
      else driftOf(state).flushRuleset()
      const { open, opened } = gate()
      const working = state.withLock(() => opened)
      const outcome = host.publish({ hostPort: 8081, to, force }).then(
        () => 'published',
        ({ code }) => code,
      )
      await state.clock.advance(0)
      const sockets = [{ protocol: 'tcp', address: '0.0.0.0', port: 8081, process: 'caddy' }] as const
      state.setFacts({ ...state.facts, sockets })
      open()
      await working
      expect(await outcome).toBe(force ? 'published' : 'HOST_PORT_TAKEN')
      expect(host.published().map(({ hostPort }) => hostPort)).toEqual(published)
    },
  )
})
