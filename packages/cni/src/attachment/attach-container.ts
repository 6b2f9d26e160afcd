import { PortolanError } from '@portolan/netfilter'
import type { AttachedEndpoint, AttachRequest, Conflict, LiveHost, PublishRequest } from 'portolan'
import { conflictsOf } from './conflicts-of.ts'

/** What an engine asks for one interface of a container. */
export interface WantedAttachment {
  readonly project: string
  readonly request: AttachRequest
  readonly ports: readonly PublishRequest[]
  /** `warn`: a port is published though a process of the host listens on it, which `judge` is told. */
  readonly conflicts: 'error' | 'warn'
  /** Is told the conflicts of severity error that the container has; throws where they are not to be. */
  readonly judge: (conflicts: readonly Conflict[]) => void
}

/** Gives a container its interface, and publishes its ports: all of it or nothing. */
export const attachContainer = async (
  host: LiveHost,
  { project, request, ports, conflicts, judge }: WantedAttachment,
): Promise<AttachedEndpoint> => {
  const { endpoint, network } = request
  const wasThere = host.endpoints().some((one) => one.service === endpoint && one.network === network)
  const attached = await host.attach(request)
  try {
    if (ports.length > 0) await publish(host, ports, conflicts)
    judge(await conflictsOf(host, { project, network, endpoint }))
  } catch (error) {
    // What an earlier call for the same interface made stays.
    if (!wasThere) await host.detach(endpoint, { network, neverUsed: true })
    throw error
  }
  return attached
}

const publish = async (
  host: LiveHost,
  ports: readonly PublishRequest[],
  conflicts: 'error' | 'warn',
): Promise<void> => {
  try {
    await host.publish(ports)
  } catch (error) {
    const isTaken = error instanceof PortolanError && error.code === 'HOST_PORT_TAKEN'
    if (!isTaken || conflicts === 'error') throw error
    // Only now: asked for at once, an address that the host does not have would pass too.
    await host.publish(ports.map((port) => ({ ...port, force: true })))
  }
}
