import { type ContractHost, endpointAddresses, type Flow, type Reach, reach } from '@portolan/core'
import { engineSubnets } from '@portolan/core/planning'
import { type Evaluator, prepare } from '@portolan/netfilter'
import {
  type Backend,
  backends,
  dialects,
  type HostRules,
  lowerRules,
  type RulesByBackend,
} from 'portolan/machine'
import { checkHost } from '../fake-host/check-host.ts'
import type { FakeHost } from '../fake-host/fake-host.ts'
import { packetOfFlow } from '../fake-host/packet-of-flow.ts'
import type { Delivery } from '../fake-host/send.ts'
import { contractFlows, hostAddresses } from './contract-flows.ts'
import { canSend, isAnswered, keepsPromise } from './keeps-promise.ts'

/**
 * A flow that breaks a promise of the reachability contract.
 * @public @since 0.1.0
 */
export interface ContractBreach {
  readonly project: string
  readonly flow: Flow
  /** The outcome that the contract promises. */
  readonly promise: Reach
  /** The outcome on the host. */
  readonly delivery: Delivery
}

/**
 * Tests every project of a simulated host against the reachability contract: for each mapping and each kind of client,
 * allowed flows arrive, and others do not. The contract assumes a host without other firewalls: a foreign rule that
 * drops packets to a published port is a breach.
 *
 * @returns the breaches, by project; none when the contract is met
 * @example
 * contractBreaches(host) // []
 * @public @since 0.1.0
 */
export const contractBreaches = (host: FakeHost): readonly ContractBreach[] => {
  checkHost(host, 'contractBreaches(host)')
  const projects = host.desired()
  let prepared: Evaluator | null = null
  const bare = (): Evaluator => {
    prepared ??= prepare(host.facts, lowerRules(withoutAnyOfOurs(host.rules)), {
      endpoints: projects.flatMap(endpointAddresses),
    })
    return prepared
  }
  return projects.flatMap((desired) => {
    const known: ContractHost = {
      addresses: hostAddresses(host.facts),
      engines: engineSubnets(desired, host.facts),
    }
    return contractFlows(desired, host.facts).flatMap((flow): ContractBreach[] => {
      const scene = { desired, host: known, flow }
      if (!canSend(scene)) return []
      const promise = reach(desired, flow, known)
      // The contract promises nothing about flows that Portolan does not touch.
      if (promise.kind === 'foreign' || promise.kind === 'local') return []
      if (promise.kind !== 'dropped' && !isAnswered(scene)) return []
      const delivery = host.send(flow)
      return keepsPromise(promise, scene, delivery, () => bare().evaluate(packetOfFlow(flow, projects)))
        ? []
        : [{ project: desired.project, flow, promise, delivery }]
    })
  })
}

const withoutAnyOfOurs = (rules: HostRules): HostRules =>
  backends.reduce((left, backend) => withoutOursOf(backend, left), rules)

const withoutOursOf = <One extends Backend>(backend: One, rules: HostRules): HostRules => {
  const dialect = dialects[backend]
  const { [backend]: actual }: RulesByBackend = rules
  return { ...rules, [backend]: dialect.applyTo(actual, dialect.diff(actual, dialect.empty)) }
}
