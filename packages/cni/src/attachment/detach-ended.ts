import type { PublishedPort } from '@portolan/core'
import { attachedEndpoints } from '@portolan/core/planning'
import { readNetworkFacts } from '@portolan/host'
import { formatAddress, parseAddress } from '@portolan/netfilter'
import type { LiveHost, PublishRequest } from 'portolan'

/**
 * Takes back the containers that have ended without a call, as at a crash or a boot of the host, and have host ports that
 * are asked for. A container gets its interface before its ports: one with ports and without an interface here has ended,
 * and its interface has gone with its namespace. Other ended containers keep what they have: an engine may be starting one
 * of them again at this moment, under its old name.
 */
export const detachEnded = async (
  host: LiveHost,
  project: string,
  ports: readonly PublishRequest[],
): Promise<void> => {
  const held = new Set(
    host
      .published()
      .filter((published) => ports.some((asked) => isSameSocket(asked, published)))
      .flatMap(({ targets }) => targets.map(({ address }) => address)),
  )
  const holders = host
    .endpoints()
    .filter(({ ip, ip6 }) => [ip, ip6].some((one) => one !== null && held.has(one)))
  if (holders.length === 0) return
  const isAttached = attachedEndpoints(await readNetworkFacts())
  for (const { network, service } of holders)
    if (!isAttached({ project, network }, { project, service, replica: 1 }))
      await host.detach(service, { network })
}

/** Whether both are for the same port at a common address of the host. */
const isSameSocket = (
  { hostPort, protocol = 'tcp', hostAddress = null }: PublishRequest,
  published: PublishedPort,
): boolean => {
  if (hostPort !== published.hostPort || protocol !== published.protocol) return false
  if (hostAddress === null) return true
  const address = parseAddress(hostAddress)
  if (address.family !== published.family) return false
  // 0.0.0.0 and :: are every address.
  const isAny = BigInt(address.value) === 0n
  return isAny || published.hostAddress === null || published.hostAddress === formatAddress(address)
}
