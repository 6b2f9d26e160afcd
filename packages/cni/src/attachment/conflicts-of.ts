import type { Conflict, LiveHost } from 'portolan'

interface Attached {
  readonly project: string
  readonly network: string
  readonly endpoint: string
}

/**
 * The conflicts of severity error of a container's ports or of its network. Conflicts of other containers are left out.
 */
export const conflictsOf = async (host: LiveHost, attached: Attached): Promise<readonly Conflict[]> => {
  const { network, endpoint } = attached
  // Only this container's conflicts are searched. There may be hundreds of other containers.
  const { conflicts } = await host.status({ conflicts: { network, endpoint }, connections: false })
  return (conflicts ?? []).filter(
    (conflict) =>
      conflict.severity === 'error' && conflict.project === attached.project && concerns(conflict, attached),
  )
}

/** Does a conflict concern this container? A conflict of the whole host concerns every container. */
const concerns = (conflict: Conflict, { network, endpoint }: Attached): boolean =>
  conflict.mapping === null
    ? conflict.network === null || conflict.network === network
    : conflict.published.targets.some((one) => one.service === endpoint && one.network === network)
