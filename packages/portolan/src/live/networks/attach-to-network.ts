import type { PortChange } from '@portolan/host'
import type { HostFacts } from '@portolan/netfilter'
import { effectiveSysctl, linkSysctlName } from '@portolan/netfilter/sysctls'
import type { LiveMachine, Sysctls } from '../live-machine.ts'
import type { HeldRules } from '../rules/held-rules.ts'
import { giveLinkLocal } from './give-link-local.ts'
import { bridgeOf, isolates, type OwnBridge } from './own-bridges.ts'
import { refusePort } from './refuse-port.ts'

/**
 * Makes an interface a port of a network's bridge. A port of another network of Portolan moves.
 *
 * @param isRepair - the interface was released from its bridge; if it has a master again by now, it stays there
 */
export const attachToNetwork = async (
  rules: HeldRules,
  { links, sysctls }: Pick<LiveMachine, 'links' | 'sysctls'>,
  interfaceName: string,
  network: string,
  { isRepair = false }: { readonly isRepair?: boolean } = {},
): Promise<void> => {
  await rules.catchUp()
  const bridge = bridgeOf(rules.bridges, network)
  const master = rules.facts.interfaces?.find(({ name }) => name === interfaceName)?.master ?? null
  if (isRepair && master !== null) return
  refusePort(interfaceName, rules.facts)
  const port = await prepareForPort(rules, { links, sysctls }, interfaceName, bridge)
  if (master !== null && master !== bridge.name) await links.detachPort(interfaceName)
  await links.attachPort(interfaceName, bridge.name, port)
}

/**
 * Prepares a bridge of Portolan for a new port.
 * @returns the attributes that the port must have
 */
export const prepareForPort = async (
  rules: HeldRules,
  { links, sysctls }: Pick<LiveMachine, 'links' | 'sysctls'>,
  interfaceName: string,
  bridge: OwnBridge,
): Promise<PortChange> => {
  // A container is not put on a network whose guarding rules are missing.
  if (rules.isDamaged()) await rules.mend()
  const isolated = !bridge.icc && isolates(bridge, interfaceName, rules.facts)
  // Done before the port comes. First the existing ports are isolated, then the hooks end: an isolated port would
  // refuse the packets that the hooks switch back.
  if (isolated) await isolateSiblings(rules.facts, links, bridge.name)
  if (isolated && (bridge.link.nfCallIptables === true || bridge.link.nfCallIp6tables === true))
    await links.changeBridge(bridge.name, { nfCallIptables: false, nfCallIp6tables: false })
  loosenReversePath(bridge.name, rules.facts, sysctls)
  await giveLinkLocal(links, rules.facts, bridge)
  return { hairpin: true, isolated }
}

/**
 * Isolates ports again that had been opened for a link between services which no longer exists. Done before the hooks
 * end, so that one of the two always separates the containers.
 */
const isolateSiblings = async (
  { interfaces = [] }: HostFacts,
  links: LiveMachine['links'],
  bridge: string,
): Promise<void> => {
  for (const { name, master, isolated } of interfaces)
    if (master === bridge && isolated === false && name !== undefined)
      await links.setPort(name, { isolated: true })
}

/**
 * Sets the reverse path filter of a bridge to loose. A container on two networks answers over either bridge, and a
 * strict filter would drop one of the answers.
 */
const loosenReversePath = (bridge: string, facts: HostFacts, sysctls: Sysctls): void => {
  const name = linkSysctlName('ipv4', bridge, 'rp_filter')
  const isStrict = effectiveSysctl(facts.sysctls ?? {}, 'ipv4', bridge, 'rp_filter') === 1
  if (isStrict && sysctls.isWritable(name)) sysctls.write(name, '2')
}
