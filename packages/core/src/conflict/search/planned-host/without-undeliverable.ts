import type { HostFacts } from '@portolan/netfilter'
import { type DesiredState, hasBridgeNetfilter } from '../../../contract/index.ts'
import { isInside } from '../../../contract/openings.ts'

/**
 * Leaves out of a desired state what a host cannot deliver and `findIccUnenforceable` reports once: if only isolated
 * ports hold `icc: off`, no container reaches another by a link.
 */
export const withoutUndeliverable = (desired: DesiredState, facts: HostFacts): DesiredState => {
  if (desired.openings === undefined || hasBridgeNetfilter(facts)) return desired
  const closed = new Set(desired.networks.flatMap(({ name, icc }) => (icc ? [] : [name])))
  return {
    ...desired,
    openings: desired.openings.filter((one) => !(isInside(one) && closed.has(one.network))),
  }
}
