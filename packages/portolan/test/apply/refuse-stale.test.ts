import { describe, expect, test } from '@jest/globals'
import { type SocketFact, StaleStateError } from '@portolan/netfilter'
import { refuseStale } from '../../src/apply/refuse-stale.ts'
import { noRules } from '../../src/host-rules/host-rules.ts'
import { forwards, planOf } from '../shop.ts'

const caddy: SocketFact = { protocol: 'tcp', address: '0.0.0.0', port: 8080, process: 'caddy' }

/** Refuses a plan for port 8080 that was made from some sockets, where others are open now. */
const refuse = (before: readonly SocketFact[] | undefined, ...now: readonly SocketFact[]) => {
  const sockets = before === undefined ? {} : { sockets: before }
  const plan = planOf({ facts: { ...forwards, ...sockets } })
  refuseStale(plan, { facts: { ...forwards, sockets: now }, rules: noRules })
}

describe('a plan is refused', () => {
  test('where a program began to listen on a port that it publishes', () => {
    expect(() => refuse([], caddy)).toThrow(StaleStateError)
    expect(() => refuse([], caddy)).toThrow(
      'A program began to listen on 0.0.0.0:8080/tcp after the plan was made. Nothing was changed; plan again.',
    )
  })

  test('not where the program listened when the plan was made, whether its name is read again or not', () => {
    const { process: _process, ...nameless } = caddy
    expect(() => refuse([caddy], nameless)).not.toThrow()
  })

  test('not where it listens on another port', () => {
    expect(() => refuse([], { ...caddy, port: 8081 })).not.toThrow()
  })

  test('not where the sockets of the host were unknown', () => {
    expect(() => refuse(undefined, caddy)).not.toThrow()
  })
})
