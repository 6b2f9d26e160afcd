import {
  type DesiredMapping,
  type DesiredState,
  endpointAddresses,
  outwardInterfaces,
  replicaName,
} from '@portolan/core'
import { plannedFacts } from '@portolan/core/planning'
import type { HostFacts, InterfaceFact } from '@portolan/netfilter'
import type { HostRules } from '../host-rules/host-rules.ts'
import { lowerRules } from '../host-rules/lower-rules.ts'
import { carriedOut } from '../plan/carried-out.ts'
import { endpointNames } from '../plan/endpoint-names.ts'
import type { Plan } from '../plan/plan.ts'
import { machineAddresses } from './machine-addresses.ts'
import type { Destination, ReportQuestions, Sender, Situation } from './questions.ts'

/** The longest list on the page. A person does not search a longer one, and can type an address instead. */
const longestList = 1000

/**
 * Gathers what the page of a report needs to follow packets: the host as it is and, where the plan changes something,
 * the host after the plan.
 * @param rules - every rule on the host, foreign rules included
 */
export const gatherQuestions = (plan: Plan, rules: HostRules): ReportQuestions => {
  const { desired, changes, observed, setsSysctls, conflicts } = plan
  const present = situation('present', observed.facts, rules, lowerRules(rules))
  const planned = (): Situation =>
    situation(
      'planned',
      plannedFacts(desired, observed.facts, setsSysctls),
      rules,
      // Foreign rules keep the numbers by which conflicts name them.
      lowerRules(carriedOut(rules, changes), { numberedAs: rules }),
    )
  const situations = changes.length === 0 ? [present] : [planned(), present]
  const facts = situations[0]?.facts ?? {}
  return {
    situations,
    endpoints: endpointAddresses(desired),
    names: [...endpointNames([desired])],
    senders: sendersOf(facts, desired),
    destinations: desired.mappings
      .slice(0, longestList)
      .map((mapping) => destinationOf(mapping, outwardLinks(observed.facts))),
    witnesses: conflicts.map(({ witness }) => witness),
  }
}

/**
 * The facts and rules that a packet meets. Names of networks, leases and the machine's identity are left out, because
 * they are not for the reader of the report.
 */
const situation = (
  key: Situation['key'],
  { interfaces, routes, rules: routingRules, sysctls, sockets }: HostFacts,
  { hidden = [] }: HostRules,
  rulesets: Situation['rulesets'],
): Situation => ({
  key,
  facts: {
    ...(interfaces === undefined ? {} : { interfaces }),
    ...(routes === undefined ? {} : { routes }),
    ...(routingRules === undefined ? {} : { rules: routingRules }),
    ...(sysctls === undefined ? {} : { sysctls }),
    ...(sockets === undefined ? {} : { sockets }),
  },
  rulesets,
  hidden,
})

const outwardLinks = (facts: HostFacts): readonly InterfaceFact[] => {
  const names = outwardInterfaces(facts) ?? []
  return names.map((name) => (facts.interfaces ?? []).find((link) => link.name === name) ?? { name })
}

const sendersOf = (facts: HostFacts, desired: DesiredState): readonly Sender[] => [
  ...outwardLinks(facts).map(
    (link): Sender => ({
      kind: 'machine',
      label: `Another machine, by ${link.name}`,
      ...machineAddresses(link, facts),
      in: link.name ?? null,
    }),
  ),
  { kind: 'host', label: 'A process on the host', ip: null, ip6: null, in: null },
  ...desired.endpoints.slice(0, longestList).map((endpoint): Sender => {
    const { network, ip, ip6 } = endpoint
    const bridge = desired.networks.find((one) => one.name === network)?.bridge ?? null
    return {
      kind: 'container',
      label: `Container ${replicaName(endpoint)} on network ${network}`,
      ip,
      ip6,
      in: bridge,
    }
  }),
]

const destinationOf = (
  { label, family, kind, hostAddress, hostPort, protocol, targets: [target] }: DesiredMapping,
  links: readonly InterfaceFact[],
): Destination => ({
  label,
  family,
  address: kind === 'direct' ? target.address : (hostAddress ?? addressOf(links, family === 'ip6')),
  port: hostPort,
  protocol,
})

/** The address that other machines most likely call. A link-local address is of no use to them. */
const addressOf = (links: readonly InterfaceFact[], isIp6: boolean): string | null => {
  const all = links.flatMap(({ addresses = [] }) => addresses.map((address) => address.split('/')[0] ?? ''))
  return all.find((address) => address.includes(':') === isIp6 && !/^fe[89ab]/i.test(address)) ?? null
}
