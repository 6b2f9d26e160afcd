import type { HostFacts } from '@portolan/netfilter'
import { attachedPorts } from '../attachments/attached-ports.ts'
import type { OwnBridge } from '../networks/own-bridges.ts'

/**
 * A network that is up on the host and has no record in the state directory.
 * @example
 * const isMine = ({ endpoints }: LeftNetwork): boolean => endpoints.every((name) => name.startsWith('job-'))
 * @public @since 0.1.0
 */
export interface LeftNetwork {
  readonly network: string
  /** The names of its attached endpoints. */
  readonly endpoints: readonly string[]
}

export const leftNetwork = ({ project, network }: OwnBridge, facts: HostFacts): LeftNetwork => ({
  network,
  endpoints: attachedPorts(facts).flatMap(({ mark }) =>
    mark.project === project && mark.network === network ? [mark.endpoint] : [],
  ),
})
