import type { PortChange } from '@portolan/host'
import type { HostFacts } from '@portolan/netfilter'
import { effectiveSysctl, linkSysctlName } from '@portolan/netfilter/sysctls'
import type { LiveMachine, Sysctls } from '../live-machine.ts'
import type { HeldRules } from '../rules/held-rules.ts'
import { giveLinkLocal } from './give-link-local.ts'
import { bridgeOf, isolates, type OwnBridge } from './own-bridges.ts'
import { refusePort } from './refuse-port.ts'

/**
 * Makes an interface a port of a network's bridge; one of another network of ours moves.
 *
 * @param isRepair - it was released: one that has come to another bridge since stays there
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
 * Makes a bridge of ours ready for a port that comes to it.
 * @returns what the port has to be
 */
export const prepareForPort = async (
  rules: HeldRules,
  { links, sysctls }: Pick<LiveMachine, 'links' | 'sysctls'>,
  interfaceName: string,
  bridge: OwnBridge,
): Promise<PortChange> => {
  // A container is not put on a network whose guards are gone.
  if (rules.isDamaged()) await rules.mend()
  const isolated = !bridge.icc && isolates(bridge, interfaceName, rules.facts)
  // Before the port comes: what is there is isolated, and packets that are switched back would be refused by it.
  if (isolated) await isolateSiblings(rules.facts, links, bridge.name)
  if (isolated && (bridge.link.nfCallIptables === true || bridge.link.nfCallIp6tables === true))
    await links.changeBridge(bridge.name, { nfCallIptables: false, nfCallIp6tables: false })
  loosenReversePath(bridge.name, rules.facts, sysctls)
  await giveLinkLocal(links, rules.facts, bridge)
  return { hairpin: true, isolated }
}

/** What was let go for a link that is no more is isolated again before the hooks end: one of both always holds. */
const isolateSiblings = async (
  { interfaces = [] }: HostFacts,
  links: LiveMachine['links'],
  bridge: string,
): Promise<void> => {
  for (const { name, master, isolated } of interfaces)
    if (master === bridge && isolated === false && name !== undefined)
      await links.setPort(name, { isolated: true })
}

/** A container on two networks answers over either bridge; a strict filter drops one of the answers. */
const loosenReversePath = (bridge: string, facts: HostFacts, sysctls: Sysctls): void => {
  const name = linkSysctlName('ipv4', bridge, 'rp_filter')
  const isStrict = effectiveSysctl(facts.sysctls ?? {}, 'ipv4', bridge, 'rp_filter') === 1
  if (isStrict && sysctls.isWritable(name)) sysctls.write(name, '2')
}
