import type { SocketFact } from '@portolan/netfilter'
import {
  type Backend,
  dialects,
  type LiveMachine,
  liveWording,
  notGuardedElsewhere,
  type RuleSource,
  type RulesByBackend,
  rulesElsewhere,
} from 'portolan/machine'
import { carryOutOn, ownProgram } from './carry-out.ts'
import { fakeLinks } from './fake-links.ts'
import type { FakeState } from './fake-state.ts'
import { planOn, rulesToPlan } from './plan-on.ts'
import { statusOn } from './status-on.ts'
import { withSysctl } from './sysctl-facts.ts'

const ruleSource = <One extends Backend>(state: FakeState, backend: One): RuleSource<One> => {
  const dialect = dialects[backend]
  return {
    socket: null,
    generation: async () => state.generation,
    inspect: async () => {
      const { [backend]: rules }: RulesByBackend = rulesToPlan(state.rules)
      return rules
    },
    networksToGuard: async (networks, guarded) =>
      notGuardedElsewhere(backend, networks, guarded, state.rules),
    apply: async (changes) => {
      const { [backend]: before }: RulesByBackend = state.rules
      const after = { ...state.rules, [backend]: dialect.applyTo(before, changes) }
      state.setRules(after, ownProgram, dialect.transactions(changes))
    },
    close: () => {},
  }
}

/** A simulated host in the role of a live host's machine. */
export const fakeMachine = <One extends Backend>(
  state: FakeState,
  project: string,
  backend: One,
): LiveMachine<One> => ({
  backend,
  wording: liveWording,
  rules: ruleSource(state, backend),
  wanted: state.wantedOf(project),
  leases: state.leases,
  links: fakeLinks(state),
  namespaces: state.namespaces,
  listeners: {
    on: async (protocol, ports, family) => {
      const isAsked = (port = 0): boolean => (typeof ports === 'number' ? port === ports : ports.has(port))
      return (state.facts.sockets ?? []).filter(
        (socket) =>
          (socket.protocol ?? 'tcp') === protocol && isAsked(socket.port) && takesFamily(socket, family),
      )
    },
    close: () => {},
  },
  // No connection is open on a simulated host: each packet begins a flow of its own.
  conntrack: { forgetFlows: async () => 0, forgetUntranslated: async () => 0, close: () => {} },
  sysctls: {
    read: (name) => state.facts.sysctls?.[name] ?? null,
    write: (name, value) => state.setFacts(withSysctl(state.facts, name, value)),
    isWritable: () => true,
  },
  clock: state.clock,
  readFacts: async () => state.facts,
  withLock: (work) => state.withLock(work),
  elsewhere: async () => rulesElsewhere(project, backend, state.rules),
  plan: (intent, beside) =>
    planOn(state, backend, intent, { wording: liveWording }, { ...beside, isLive: true }),
  prepareSearch: async (intent, live) => {
    const beside = { live, isLive: true, search: true }
    const { conflicts } = await planOn(state, backend, intent, { wording: liveWording }, beside)
    return async () => conflicts
  },
  carryOut: (plan, writeDown) => carryOutOn(state, plan, writeDown),
  readStatus: ({ conflicts }) => statusOn(state, project, backend, conflicts !== false),
  openMonitor: async () => state.openMonitor(),
  close: async () => {},
})

/** A socket of IPv6 may take IPv4 too (ipv6(7), IPV6_V6ONLY). */
const takesFamily = ({ address = '0.0.0.0' }: SocketFact, family: 'ip' | 'ip6'): boolean =>
  family === 'ip' || address.includes(':')
