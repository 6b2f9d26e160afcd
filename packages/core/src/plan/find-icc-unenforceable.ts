import type { HostFacts } from '@portolan/netfilter'
import { type Conflict, iccForIpOnly, iccUnenforceable } from '../conflict/index.ts'
import type { DesiredNetwork, DesiredState } from '../contract/index.ts'
import { bridgesCallHooks, hasBridgeNetfilter, iccKeeper } from '../contract/index.ts'

/**
 * Networks whose `icc: off` this host holds in part or not at all. Without br_netfilter traffic inside a bridge crosses
 * no IP hook, and a kernel before 4.18 cannot isolate ports (IFLA_BRPORT_ISOLATED). With it the hooks see IP alone.
 * @public @since 0.1.0
 */
export const findIccUnenforceable = (desired: DesiredState, facts: HostFacts): readonly Conflict[] =>
  facts.sysctls === undefined
    ? []
    : desired.networks.flatMap((network) => (network.icc ? [] : [...findOne(network, facts)]))

const findOne = ({ name, bridge }: DesiredNetwork, facts: HostFacts): readonly Conflict[] => {
  const ports = (facts.interfaces ?? []).filter(({ master }) => master === bridge)
  if (!hasBridgeNetfilter(facts)) {
    const rigid = ports.find(({ isolated }) => isolated === undefined)
    if (rigid === undefined) return []
    const why = `br_netfilter is not loaded, and port ${rigid.name} of ${bridge} cannot be isolated.`
    return [iccUnenforceable(name, why)]
  }
  if (iccKeeper(bridge, facts) === 'isolation' || ports.length === 0) return []
  return [
    iccForIpOnly(
      name,
      bridgesCallHooks(facts)
        ? 'net.bridge.bridge-nf-call-iptables or -ip6tables is 1, and isolated ports would then not reach published ports of their siblings.'
        : `port ${ports.find(({ isolated }) => isolated !== true)?.name} of ${bridge} was plugged in without isolation.`,
    ),
  ]
}
