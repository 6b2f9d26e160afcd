import { PortolanError } from '@portolan/netfilter'
import type { LiveHost } from 'portolan'
import { CniError, cniCodes } from '../cni-error.ts'
import type { NetworkConfig } from '../config/network-config.ts'
import type { CniRequest } from '../request/cni-request.ts'
import { endpointName, nameOf } from './endpoint-name.ts'

/**
 * An error of ADD, in other words where the container has an interface on this network already: the address of that one is
 * not to be removed, as it would be told.
 */
export const secondInterface = (
  error: unknown,
  host: LiveHost,
  request: CniRequest,
  { name }: NetworkConfig,
): unknown => {
  if (!(error instanceof PortolanError && error.code === 'NAMESPACE_OVERLAP')) return error
  const ofContainer = nameOf(request.containerId ?? '', '')
  const first = host
    .endpoints()
    .find(
      ({ network, service }) =>
        network === name && service.startsWith(ofContainer) && service !== endpointName(request),
    )
  if (first === undefined) return error
  const has = first.service.slice(ofContainer.length)
  return new CniError(
    cniCodes.invalidConfig,
    `container ${request.containerId} has ${has} on network ${name} already, and ${request.interface} would be a second interface there. Both would have an address in one subnet: packets would leave by ${has} alone, and a strict rp_filter drops what comes in by ${request.interface}.`,
    {
      details: `Give ${request.interface} a network of its own: a network configuration with another "name".`,
      cause: error,
    },
  )
}
