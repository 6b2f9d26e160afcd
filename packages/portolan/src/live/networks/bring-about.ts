import { isDeepStrictEqual } from 'node:util'
import type { Conflict, DesiredNetwork, DesiredSubnet, Intent } from '@portolan/core'
import { isAboutBlocks } from '@portolan/core/planning'
import type { JournalChange } from '@portolan/host'
import { PortolanError, StaleStateError } from '@portolan/netfilter'
import { giveLeasesBack, takeLeasesOf } from '../../leases/take-leases.ts'
import type { Plan } from '../../plan/plan.ts'
import type { LiveRules } from '../rules/live-rules.ts'
import { intentOf } from '../wanted/desired-of.ts'
import { withEndpoint, withNetwork, withoutNetwork } from '../wanted/wanted-state.ts'
import { attachToNetwork } from './attach-to-network.ts'
import { lostPorts, markedPorts, type Ports, portsOfBridges } from './bridge-ports.ts'
import type { NetworkTools } from './network-tools.ts'

/** How often networks are planned anew because another program changes rules just then. */
const ATTEMPTS = 25

/**
 * Brings the networks of a project about: plans them, writes down what is wanted, and carries it out.
 * @param change - throws where it may not be
 * @throws PortolanError `CONFLICTS` when it cannot be
 */
export const bringAbout = async (
  rules: LiveRules,
  tools: NetworkTools,
  change: (intent: Intent) => Intent,
): Promise<void> => {
  let ports: Ports = new Map()
  for (let attempt = 1; ; attempt += 1) {
    try {
      ports = await tools.withLock(() => planAndCarryOut(rules, tools, change))
      break
    } catch (error) {
      if (!(error instanceof StaleStateError) || attempt === ATTEMPTS) throw error
    }
  }
  await rules.refresh()
  // A bridge of another name is another bridge: what was on the old one would be on none.
  for (const { network, port } of lostPorts(rules.project, rules.facts, ports))
    await attachToNetwork(rules, tools, port, `${rules.project}/${network}`, { isRepair: true })
  // What another program took away of other projects comes back too.
  if (rules.isDamaged()) await rules.slowly(() => null)
  else await rules.noteNeighbours()
}

/** @returns the ports that were on the bridges of the project before */
const planAndCarryOut = async (
  rules: LiveRules,
  tools: NetworkTools,
  change: (intent: Intent) => Intent,
): Promise<Ports> => {
  const { project, wanted } = rules
  rules.refuseMoved()
  const before = intentOf(project, wanted)
  const intent = change(before)
  const planned = await tools.plan(intent, { live: wanted.ports, search: false })
  refuseConflicts(planned, new Set(before.networks.map(({ name }) => name)))
  const changes = changesTo(before, planned, intent)
  const writeDown = async (): Promise<() => Promise<void>> => {
    const taken = await takeLeasesOf(tools.leases, planned.leases)
    try {
      const undo = await wanted.change(() => {
        const now = intentOf(project, wanted)
        change(now)
        // An endpoint of another program is in no plan that was made before.
        if (!isDeepStrictEqual(now, before))
          throw new StaleStateError(
            `What is wanted of project ${project} changed after it was planned. Nothing was changed`,
            {
              advice: 'call again',
            },
          )
        return changes
      })
      await wanted.sync()
      return async () => {
        await undo?.()
        await giveLeasesBack(tools.leases, taken)
      }
    } catch (error) {
      await giveLeasesBack(tools.leases, taken)
      throw error
    }
  }
  await tools.carryOut(planned, writeDown)
  return portsOfBridges(project, planned.observed.facts, markedPorts(project, planned.observed.facts))
}

/**
 * @param before - networks that are there. One in a block of a cluster that this host has lost keeps no other network from
 * being made or brought back; what is attached to it is told, by `status`.
 * @throws PortolanError `CONFLICTS`
 */
export const refuseConflicts = ({ conflicts }: Plan, before: ReadonlySet<string> = new Set()): void => {
  const isLeft = (one: Conflict): boolean =>
    one.mapping === null && one.network !== null && before.has(one.network) && isAboutBlocks(one)
  const [first, ...more] = conflicts.filter((one) => one.severity === 'error' && !isLeft(one))
  if (first === undefined) return
  throw new PortolanError('CONFLICTS', {
    problem: `${first.message} Nothing was changed.`,
    remedy: () =>
      [first, ...more]
        .map((one, at) => (at === 0 ? one.remedy.text : `${one.message} ${one.remedy.text}`))
        .join(' '),
  })
}

/** What has to be written down of a plan. */
const changesTo = (before: Intent, planned: Plan, after: Intent): readonly JournalChange[] => {
  const intents = new Map(after.networks.map((network) => [network.name, network]))
  const endpoints = new Map(
    after.endpoints.map((endpoint) => [`${endpoint.network} ${endpoint.service}`, endpoint]),
  )
  return [
    ...before.networks.filter(({ name }) => !intents.has(name)).map(({ name }) => withoutNetwork(name)),
    ...planned.desired.networks.flatMap((network) => {
      const intent = intents.get(network.name)
      return intent === undefined ? [] : [withNetwork({ intent, network: withoutNeighbours(network) })]
    }),
    ...planned.desired.endpoints.flatMap((endpoint) => {
      const intent = endpoints.get(`${endpoint.network} ${endpoint.service}`)
      return intent === undefined ? [] : [withEndpoint({ intent, endpoint })]
    }),
  ]
}

/** Other hosts of the cluster come and go: what is wanted of a network names none of them. */
const withoutNeighbours = (network: DesiredNetwork): DesiredNetwork => {
  const { ip, ip6 } = network
  return { ...network, ip: asAlone(ip), ip6: asAlone(ip6) }
}

const asAlone = (subnet: DesiredSubnet | null): DesiredSubnet | null => {
  if (subnet === null) return null
  const { unmasqueraded: _others, ...alone } = subnet
  return alone
}
