import { type DesiredNetwork, type Intent, leasedSubnets, type NetworkOptions } from '@portolan/core'
import { networkIntent, requestedName } from '@portolan/core/planning'
import { InvalidRequestError, oneWay, PortolanError } from '@portolan/netfilter'
import { refuseUnrecorded } from '../left-behind/refuse-unrecorded.ts'
import type { LiveRules } from '../rules/live-rules.ts'
import type { WantedState } from '../wanted/wanted-state.ts'
import { changeNetworks } from './change-networks.ts'
import { goneNetworks } from './gone-networks.ts'
import type { NetworkTools } from './network-tools.ts'
import { refuseParented } from './parented-networks.ts'

type NetworkIntent = Intent['networks'][number]

/** Makes sure that a network exists as requested: leased, with its bridge up and its rules in force. */
export const ensureNetwork = async (
  rules: LiveRules,
  tools: NetworkTools,
  name: string,
  options: NetworkOptions,
): Promise<DesiredNetwork> => {
  const wish = wishFor(rules, name, options)
  const missing = (await rules.decideForSure(async () => wish())) ?? (await lookAgain(rules, wish))
  refuseUnrecorded(rules, name)
  if (missing !== null) await refuseParented(tools.leases, rules.project, name)
  if (missing !== null || rules.isDamaged())
    await changeNetworks(rules, tools, (intent) => {
      const wanted = wish() ?? rules.wanted.network(name)?.intent ?? networkIntent(name, options)
      return { ...intent, networks: [...intent.networks.filter((one) => one.name !== name), wanted] }
    })
  const made = rules.wanted.network(name)
  if (made === null)
    throw new PortolanError('CLOSED', `Network ${name} was removed by another program meanwhile.`)
  return made.network
}

/** Checks the host itself again: when another program deletes a bridge, no rule changes, so only the host shows it. */
const lookAgain = async (
  rules: LiveRules,
  wish: () => NetworkIntent | null,
): Promise<NetworkIntent | null> => {
  await rules.readFacts()
  return wish()
}

/**
 * Reads a request for a network.
 * @returns a function that returns the network's intent from what is known at that time; null: the network exists as
 * requested
 */
export const wishFor = (
  rules: LiveRules,
  name: string,
  options: NetworkOptions,
): (() => NetworkIntent | null) => {
  requestedName(name, 'a network')
  return () => {
    const before = rules.wanted.network(name)?.intent ?? null
    const intent = networkIntent(name, options, before)
    refuseServices(intent)
    if (before !== null) refuseOtherSubnet(before, intent, rules.wanted)
    // The other networks count too: a process may have been killed before it made a bridge.
    const isThere = hasBridge(rules, name) && goneNetworks(rules).length === 0
    return isThere && JSON.stringify(before) === JSON.stringify(intent) ? null : intent
  }
}

/** Removes a network, unless endpoints or ports are on it. */
export const removeNetwork = async (rules: LiveRules, tools: NetworkTools, name: string): Promise<void> => {
  // A killed process may leave any one of these: the lease is taken first, and the bridge goes after the record.
  const left = await rules.decideForSure(async () =>
    rules.wanted.network(name) !== null || hasBridge(rules, name) || (await isLeased(rules, tools, name))
      ? name
      : null,
  )
  if (left === null) {
    // The rules go last, so a killed process may have left them.
    if (rules.isDamaged()) await rules.slowly(() => null)
    return
  }
  await changeNetworks(rules, tools, (intent) => {
    refuseInUse(rules, name)
    return { ...intent, networks: intent.networks.filter((network) => network.name !== name) }
  })
}

const hasBridge = ({ project, bridges }: LiveRules, name: string): boolean =>
  bridges.some((bridge) => bridge.project === project && bridge.network === name)

const isLeased = async ({ project }: LiveRules, { leases }: NetworkTools, name: string): Promise<boolean> =>
  leasedSubnets(await leases.read()).some(
    (lease) => lease.project === project && lease.network === name && lease.parented === undefined,
  )

const refuseInUse = (rules: LiveRules, name: string): void => {
  const endpoints = rules.wanted.endpoints().filter(({ endpoint }) => endpoint.network === name)
  const [first] = endpoints
  if (first !== undefined)
    throw new PortolanError('NETWORK_IN_USE', {
      problem: `Network ${name} has ${endpoints.length === 1 ? 'an endpoint' : `${endpoints.length} endpoints`} (${endpoints
        .slice(0, 3)
        .map(({ endpoint }) => endpoint.service)
        .join(', ')}${endpoints.length > 3 ? ', ...' : ''}).`,
      remedy: () => 'Release what is on it first.',
    })
  const ports = rules.wanted
    .ports()
    .filter(({ targets }) => targets.some((target) => target.network === name))
  if (ports[0] !== undefined)
    throw new PortolanError('NETWORK_IN_USE', {
      problem: `Network ${name} has published ports (${ports[0].label}${ports.length > 1 ? `, and ${ports.length - 1} more` : ''}).`,
      remedy: () => 'Unpublish them first.',
    })
}

/** Refuses a service in `reachableFrom`: endpoints come and go without a change to the rules of networks. */
const refuseServices = ({ name, reachableFrom = [] }: NetworkIntent): void => {
  for (const { from } of reachableFrom)
    if (from.kind === 'service')
      throw new InvalidRequestError(
        `reachableFrom of network ${name} names the service ${from.service}: a live host opens networks to interfaces, prefixes and other networks. Name the network of ${from.service}, or use plan and apply.`,
      )
}

/** Refuses another subnet: a leased subnet does not move by itself, because containers have addresses in it. */
const refuseOtherSubnet = (before: NetworkIntent, after: NetworkIntent, wanted: WantedState): void => {
  const made = wanted.network(after.name)?.network
  for (const family of ['ip', 'ip6'] as const) {
    const asked = after[family]?.subnet ?? null
    const has = made?.[family]?.subnet ?? null
    if (asked !== null && has !== null && asked !== has)
      throw new InvalidRequestError({
        problem: `network ${after.name} has the subnet ${has}, and ${asked} is asked for.`,
        remedy: ({ removeNetwork }) => oneWay(removeNetwork),
      })
    if (before[family] !== null && after[family] === null && made !== undefined)
      throw new InvalidRequestError({
        problem: `network ${after.name} has ${family === 'ip' ? 'IPv4' : 'IPv6'}, and is asked to be without.`,
        remedy: ({ removeNetwork }) => oneWay(removeNetwork),
      })
  }
}
