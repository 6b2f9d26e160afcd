import type { Conflict, LiveHost } from 'portolan'

interface Attached {
  readonly project: string
  readonly network: string
  readonly endpoint: string
}

/** What stands in the way of a container's ports, or of its network; other containers' conflicts are theirs. */
export const conflictsOf = async (host: LiveHost, attached: Attached): Promise<readonly Conflict[]> => {
  const { network, endpoint } = attached
  // Of what other containers have, nothing is this one's: there may be hundreds of them.
  const { conflicts } = await host.status({ conflicts: { network, endpoint }, connections: false })
  return (conflicts ?? []).filter(
    (conflict) =>
      conflict.severity === 'error' && conflict.project === attached.project && isOf(conflict, attached),
  )
}

/** A conflict of the whole host is every container's. */
const isOf = (conflict: Conflict, { network, endpoint }: Attached): boolean =>
  conflict.mapping === null
    ? conflict.network === null || conflict.network === network
    : conflict.published.targets.some((one) => one.service === endpoint && one.network === network)
