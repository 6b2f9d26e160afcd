import { type Conflict, iccUnenforceable } from '../conflict/index.ts'
import type { DesiredState } from '../desired/index.ts'
import type { HostFacts } from '../facts/index.ts'

/**
 * Networks whose `icc: off` nothing on this host can hold: without br_netfilter traffic inside a bridge crosses no
 * IP hook, and a kernel before 4.18 cannot isolate ports (IFLA_BRPORT_ISOLATED).
 * @public @since 0.1.0
 */
export const findIccUnenforceable = (desired: DesiredState, facts: HostFacts): readonly Conflict[] => {
  if (facts.sysctls === undefined || facts.sysctls['net.bridge.bridge-nf-call-iptables'] !== undefined)
    return []
  return desired.networks.flatMap((network) => {
    const port = facts.interfaces?.find(
      (link) => link.master === network.bridge && link.isolated === undefined,
    )
    if (network.icc || port === undefined) return []
    return [
      iccUnenforceable(
        network.name,
        `br_netfilter is not loaded, and port ${port.name} of ${network.bridge} cannot be isolated.`,
      ),
    ]
  })
}
