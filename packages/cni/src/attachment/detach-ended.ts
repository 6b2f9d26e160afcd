import { attachedEndpoints } from '@portolan/core/planning'
import { readNetworkFacts } from '@portolan/host'
import type { LiveHost, PublishRequest } from 'portolan'

/**
 * Takes back the containers that have ended without a call, as at a crash or a boot of the host, and have host ports that
 * are asked for. A container gets its interface before its ports: one with ports and without an interface here has ended,
 * and its interface has gone with its namespace.
 */
export const detachEnded = async (
  host: LiveHost,
  project: string,
  ports: readonly PublishRequest[],
): Promise<void> => {
  const asked = new Set(ports.map(({ hostPort, protocol = 'tcp' }) => `${protocol} ${hostPort}`))
  const held = new Set(
    host
      .published()
      .filter(({ hostPort, protocol }) => asked.has(`${protocol} ${hostPort}`))
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
