import { defaultStateDirectory } from '@portolan/host'
import type { AttachedEndpoint, LiveHost } from 'portolan'
import { attachContainer, type WantedAttachment } from '../attachment/attach-container.ts'
import { endpointName } from '../attachment/endpoint-name.ts'
import { warnUnchecked } from '../attachment/warn-unchecked.ts'
import type { NetworkConfig } from '../config/network-config.ts'
import { unusedKeys } from '../config/unused-keys.ts'
import type { CniRequest } from '../request/cni-request.ts'
import type { CniResult } from '../result/cni-result.ts'
import { blockedBy } from './blocked-by.ts'
import { chainedAdd } from './chained-verbs.ts'
import { onNetwork } from './on-network.ts'
import { openProject, projectName } from './open-project.ts'
import { requireNamespace } from './require-namespace.ts'
import { tellEnded } from './tell-ended.ts'
import { wantedAddresses } from './wanted-addresses.ts'
import { wantedPorts } from './wanted-ports.ts'

/**
 * Creates the network if it is absent, gives the container its interface and publishes its ports, all of it or nothing.
 * @param warn - is called with warnings, which do not stop the call
 */
export const add = async (
  request: CniRequest,
  config: NetworkConfig,
  warn: (text: string) => void,
): Promise<CniResult> => {
  if (config.prevResult !== null) return chainedAdd(request, config, config.prevResult, warn)
  requireNamespace(request)
  for (const text of unusedKeys(config)) warn(text)
  const wanted = wantedAttachment(request, config, warn)
  await using host = await openProject(config)
  try {
    return await onNetwork(host, config, async (network) => {
      const attached = await attachContainer(host, wanted)
      await warnUnchecked(network, config.stateDir ?? defaultStateDirectory(), warn)
      return resultOf(network, attached, request, config)
    })
  } catch (error) {
    throw await tellEnded(error, host, config)
  }
}

const wantedAttachment = (
  request: CniRequest,
  config: NetworkConfig,
  warn: (text: string) => void,
): WantedAttachment => {
  const endpoint = endpointName(request)
  return {
    project: projectName(config),
    request: {
      network: config.name,
      endpoint,
      netns: { path: request.netns ?? '' },
      interface: request.interface ?? '',
      ...wantedAddresses(request, config),
      ...(config.mtu === undefined ? {} : { mtu: config.mtu }),
    },
    ports: wantedPorts(config, endpoint),
    conflicts: config.conflicts ?? 'error',
    checkConflicts: (conflicts) => blockedBy(conflicts, config, warn),
  }
}

const resultOf = (
  network: Awaited<ReturnType<LiveHost['ensureNetwork']>>,
  attached: AttachedEndpoint,
  { netns }: CniRequest,
  { mtu, dns }: NetworkConfig,
): CniResult => {
  const families = ['ip', 'ip6'] as const
  const addresses = families.flatMap((family) => {
    const [subnet, address] = [network[family], attached[family]]
    if (subnet === null || address === null) return []
    const { gateway } = subnet
    return [{ address: `${address}/${subnet.subnet.split('/')[1]}`, gateway, family }]
  })
  return {
    interfaces: [
      { name: network.bridge },
      {
        name: attached.interface,
        mac: attached.mac,
        ...(mtu === undefined ? {} : { mtu }),
        sandbox: netns ?? '',
      },
    ],
    ips: addresses.map(({ address, gateway }) => ({
      address,
      ...(gateway === null ? {} : { gateway }),
      interface: 1,
    })),
    routes: network.internal
      ? []
      : addresses.flatMap(({ gateway, family }) =>
          gateway === null ? [] : [{ dst: family === 'ip' ? '0.0.0.0/0' : '::/0', gw: gateway }],
        ),
    dns: dns ?? {},
  }
}
