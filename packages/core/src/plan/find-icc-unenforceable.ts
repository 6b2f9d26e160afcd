import type { HostFacts, InterfaceFact } from '@portolan/netfilter'
import { type Conflict, iccForIpOnly, iccUnenforceable, linkUndeliverable } from '../conflict/index.ts'
import type { DesiredNetwork, DesiredState } from '../contract/index.ts'
import { bridgesCallHooks, hasBridgeNetfilter, iccKeeper, parseEndpointAlias } from '../contract/index.ts'
import { isInside } from '../contract/openings.ts'

/**
 * Reports networks whose `icc: off` this host enforces only in part, or not at all. Without br_netfilter, packets
 * inside a bridge cross no IP hook, and a kernel before 4.18 cannot isolate ports (IFLA_BRPORT_ISOLATED). With
 * br_netfilter, the hooks see only IP. It also reports networks with `links` or `reachable_from` where only isolation
 * keeps containers apart.
 * @public @since 0.1.0
 */
export const findIccUnenforceable = (desired: DesiredState, facts: HostFacts): readonly Conflict[] =>
  facts.sysctls === undefined
    ? []
    : desired.networks.flatMap((network) =>
        network.icc ? [] : [...findUndeliverable(desired, network, facts), ...findOne(network, facts)],
      )

/** Reports links that isolated ports would block, and that only br_netfilter could let through. */
const findUndeliverable = (
  { openings = [] }: DesiredState,
  { name, linked }: DesiredNetwork,
  facts: HostFacts,
): readonly Conflict[] => {
  if (linked !== true || hasBridgeNetfilter(facts)) return []
  const labels = openings.filter((one) => one.network === name && isInside(one)).map(({ label }) => label)
  return [linkUndeliverable(name, [...new Set(labels)])]
}

const findOne = ({ name, bridge, linked }: DesiredNetwork, facts: HostFacts): readonly Conflict[] => {
  const ports = (facts.interfaces ?? []).filter(({ master }) => master === bridge)
  if (!hasBridgeNetfilter(facts)) {
    const rigid = ports.find(({ isolated }) => isolated === undefined)
    if (rigid === undefined) return []
    const why = `br_netfilter is not loaded, and port ${rigid.name} of ${bridge} cannot be isolated.`
    return [iccUnenforceable(name, why)]
  }
  if (iccKeeper(bridge, facts, linked) === 'isolation' || ports.length === 0) return []
  return [
    iccForIpOnly(
      name,
      linked === true
        ? 'some of them are to reach others, which isolated ports would not let through.'
        : bridgesCallHooks(facts)
          ? 'net.bridge.bridge-nf-call-iptables or -ip6tables is 1, and isolated ports would then not reach published ports of their siblings.'
          : `port ${firstForeign(ports)?.name} of ${bridge} was plugged in without isolation.`,
    ),
  ]
}

/**
 * A port that cannot be isolated, or was not attached by Portolan. A port that `attach` made could be isolated again.
 */
const firstForeign = (ports: readonly InterfaceFact[]): InterfaceFact | undefined =>
  ports.find(
    ({ isolated, alias }) => isolated === undefined || (!isolated && parseEndpointAlias(alias) === null),
  )
