import { PortolanError } from '@portolan/netfilter'
import type { AttachedEndpoint, AttachRequest, Conflict, LiveHost, PublishRequest } from 'portolan'
import { conflictsOf } from './conflicts-of.ts'
import { detachEnded } from './detach-ended.ts'

/** The request of an engine for one interface of a container. */
export interface WantedAttachment {
  readonly project: string
  readonly request: AttachRequest
  readonly ports: readonly PublishRequest[]
  /** `warn`: a port is published even where a process of the host listens on it; `checkConflicts` gets that conflict. */
  readonly conflicts: 'error' | 'warn'
  /** Receives the container's conflicts of severity error. It throws to refuse the container because of them. */
  readonly checkConflicts: (conflicts: readonly Conflict[]) => void
}

/** Gives a container its interface and publishes its ports, all of it or nothing. */
export const attachContainer = async (
  host: LiveHost,
  { project, request, ports, conflicts, checkConflicts }: WantedAttachment,
): Promise<AttachedEndpoint> => {
  const { endpoint, network } = request
  const wasThere = host.endpoints().some((one) => one.service === endpoint && one.network === network)
  const attached = await host.attach(request)
  try {
    if (ports.length > 0) {
      await detachEnded(host, project, ports)
      await publish(host, ports, conflicts)
    }
    checkConflicts(await conflictsOf(host, { project, network, endpoint }))
  } catch (error) {
    // An endpoint of an earlier call for the same interface stays.
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
    // `force` comes only after the first attempt. In the first attempt it would also accept an address that the host
    // does not have.
    await host.publish(ports.map((port) => ({ ...port, force: true })))
  }
}
