import type { HostFacts } from '@portolan/netfilter'
import { type DesiredState, hasBridgeNetfilter } from '../../contract/index.ts'
import { isInside } from '../../contract/openings.ts'

/**
 * A desired state without what a host cannot deliver, as `findIccUnenforceable` tells once: where only isolated ports
 * hold `icc: off`, no container reaches another one by a link.
 */
export const withoutUndeliverable = (desired: DesiredState, facts: HostFacts): DesiredState => {
  if (desired.openings === undefined || hasBridgeNetfilter(facts)) return desired
  const closed = new Set(desired.networks.flatMap(({ name, icc }) => (icc ? [] : [name])))
  return {
    ...desired,
    openings: desired.openings.filter((one) => !(isInside(one) && closed.has(one.network))),
  }
}
