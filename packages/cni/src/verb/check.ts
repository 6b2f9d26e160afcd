import type { LiveHost } from 'portolan'
import { endpointName } from '../attachment/endpoint-name.ts'
import { CniError, cniCodes } from '../cni-error.ts'
import type { NetworkConfig } from '../config/network-config.ts'
import type { CniRequest } from '../request/cni-request.ts'
import type { CniResult } from '../result/cni-result.ts'
import { chainedFaults } from './chained-verbs.ts'
import { openProject } from './open-project.ts'
import { readInterface } from './read-interface.ts'
import { requireNamespace } from './require-namespace.ts'

/**
 * Checks that the work of ADD is still there: the lease, the interface inside with its addresses, the network's bridge
 * and rules, and each port. Behind another plugin only the interface and the ports are checked. Nothing is changed.
 * @throws CniError 102 naming everything that is missing or different
 */
export const check = async (request: CniRequest, config: NetworkConfig): Promise<void> => {
  const { prevResult } = config
  if (prevResult === null)
    throw new CniError(
      cniCodes.invalidConfig,
      'prevResult is missing: CHECK compares with the result of the last ADD.',
    )
  requireNamespace(request)
  await using host = await openProject(config)
  const own = host.networks().find(({ name }) => name === config.name)
  const isChained = !(prevResult.interfaces ?? []).some(({ name }) => name === own?.bridge)
  const faults = [
    ...(await insideFaults(request, prevResult)),
    ...(isChained
      ? await chainedFaults(request, config, prevResult)
      : [...leaseFaults(host, request, config, prevResult), ...(await hostFaults(host, request, config))]),
  ]
  if (faults.length > 0)
    throw new CniError(cniCodes.differs, `${faults.join('; ')}.`, {
      details: 'Delete the container and make it again.',
    })
}

const leaseFaults = (
  host: LiveHost,
  request: CniRequest,
  { name }: NetworkConfig,
  result: CniResult,
): readonly string[] => {
  const endpoint = host
    .endpoints()
    .find((one) => one.service === endpointName(request) && one.network === name)
  if (endpoint === undefined) return [`network ${name} has no lease for ${endpointName(request)}`]
  return addressesOf(result)
    .map((text) => text.split('/')[0])
    .filter((address) => address !== endpoint.ip && address !== endpoint.ip6)
    .map((address) => `${address} is not leased to ${endpointName(request)}`)
}

const insideFaults = async (
  { netns, interface: name }: CniRequest,
  result: CniResult,
): Promise<readonly string[]> => {
  const found = await readInterface(netns ?? '', name ?? '')
  if (found === null) return [`there is no interface ${name} in ${netns}`]
  return [
    ...(found.isUp ? [] : [`${name} in ${netns} is down`]),
    ...addressesOf(result)
      .filter((address) => !found.addresses.includes(address))
      .map((address) => `${name} in ${netns} lacks the address ${address}`),
  ]
}

const addressesOf = ({ ips = [] }: CniResult): readonly string[] => ips.map(({ address }) => address)

const hostFaults = async (
  host: LiveHost,
  request: CniRequest,
  { name }: NetworkConfig,
): Promise<readonly string[]> => {
  const { networks, mappings } = await host.status({ conflicts: false, connections: false })
  const network = networks.find((one) => one.name === name)
  const endpoint = endpointName(request)
  return [
    ...(network === undefined || network.drift === 'missing'
      ? [`the bridge of network ${name} is missing`]
      : []),
    ...(network?.drift === 'changed' ? [`the bridge or the rules of network ${name} were changed`] : []),
    ...(network !== undefined && !network.up && network.drift !== 'missing'
      ? [`${network.bridge} is down`]
      : []),
    ...mappings
      .filter(({ targets }) => targets.some((one) => one.service === endpoint))
      .filter(({ drift }) => drift !== 'none' && drift !== 'unknown')
      .map(
        ({ mapping, drift }) =>
          `the port ${mapping} is ${drift === 'missing' ? 'missing' : 'not as it was made'}`,
      ),
  ]
}
