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

/** More lines than these are not searched by a person: an address can be typed. */
const longestList = 1000

/**
 * What the page of a report needs to follow packets: the host as it is and, where the plan changes something, as it will
 * be.
 * @param rules - every rule on the host, foreign ones too
 */
export const gatherQuestions = (plan: Plan, rules: HostRules): ReportQuestions => {
  const { desired, changes, observed, setsSysctls, conflicts } = plan
  const present = situation('present', observed.facts, rules, lowerRules(rules))
  const planned = (): Situation =>
    situation(
      'planned',
      plannedFacts(desired, observed.facts, setsSysctls),
      rules,
      // Foreign rules have the numbers by which conflicts name them.
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

/** Only what a packet meets: names of networks, leases and the machine's identity are not the reader's. */
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

/** The address that other machines most likely call; one that a link alone knows is of no use to them. */
const addressOf = (links: readonly InterfaceFact[], isIp6: boolean): string | null => {
  const all = links.flatMap(({ addresses = [] }) => addresses.map((address) => address.split('/')[0] ?? ''))
  return all.find((address) => address.includes(':') === isIp6 && !/^fe[89ab]/i.test(address)) ?? null
}
