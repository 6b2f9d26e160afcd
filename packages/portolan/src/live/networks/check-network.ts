import type { DesiredNetwork, NetworkOptions } from '@portolan/core'
import { endpointIntent } from '@portolan/core/planning'
import { InvalidRequestError } from '@portolan/netfilter'
import type { LiveRules } from '../rules/live-rules.ts'
import { intentOf } from '../wanted/desired-of.ts'
import { refuseConflicts } from './change-networks.ts'
import { wishFor } from './ensure-network.ts'
import type { NetworkTools } from './network-tools.ts'
import { refuseParented } from './parented-networks.ts'

/**
 * Returns what `ensureNetwork` would make, with room for one more endpoint. It plans in the same way, and changes
 * nothing.
 * @throws as `ensureNetwork`, and PortolanError `SUBNET_EXHAUSTED`
 */
export const checkNetwork = async (
  rules: LiveRules,
  tools: Pick<NetworkTools, 'leases' | 'plan'>,
  name: string,
  options: NetworkOptions,
): Promise<DesiredNetwork> => {
  const { project, wanted } = rules
  const wish = wishFor(rules, name, options)
  const missing = await rules.decideForSure(async () => wish())
  if (missing !== null) await refuseParented(tools.leases, project, name)
  const asked = missing ?? wanted.network(name)?.intent
  const before = intentOf(project, wanted)
  const planned = await tools.plan(
    {
      ...before,
      networks: [
        ...before.networks.filter((one) => one.name !== name),
        ...(asked === undefined ? [] : [asked]),
      ],
      endpoints: [...before.endpoints, endpointIntent(oneMore, name, {})],
    },
    { live: wanted.ports, search: false },
  )
  refuseConflicts(planned)
  const network = planned.desired.networks.find((one) => one.name === name)
  if (network === undefined) throw new InvalidRequestError(`network ${name} was not planned.`)
  return network
}

/** A caller cannot name an endpoint so, because of the space. */
const oneMore = 'one more'
