import type { HostFacts, InterfaceFact } from '@portolan/netfilter'
import { allOrNone, shellCommand } from '@portolan/netfilter/advice'
import { type DesiredParentedNetwork, type DesiredState, parseVlanName } from '../contract/index.ts'
import type { Conflict } from './conflict.ts'
import { type ParentFault, parentDown, parentUnusable } from './kind/parent-unusable.ts'

/**
 * Finds networks with a parent that is missing or unusable. Facts without interfaces say nothing about a parent.
 * @internal
 */
export const findParentConflicts = (
  { parented = [] }: Pick<DesiredState, 'parented'>,
  { interfaces }: HostFacts,
): readonly Conflict[] =>
  interfaces === undefined
    ? []
    : parented.flatMap((network) => {
        const fault = faultOf(network, interfaces) ?? rivalOf(network, parented)
        if (fault !== null)
          return [parentUnusable(network.name, network.parent, fault, masterOf(network, interfaces))]
        const down = lowerLinks(network.parent, interfaces).find(({ up }) => up === false)?.name
        return down === undefined
          ? []
          : [
              parentDown(
                network.name,
                down,
                allOrNone([shellCommand(['ip', 'link', 'set', 'dev', down, 'up'])]),
              ),
            ]
      })

const named = (name: string, interfaces: readonly InterfaceFact[]): InterfaceFact | undefined =>
  interfaces.find((link) => link.name === name)

/** The parent, or the interface on which the VLAN with the parent's name would be made. */
const lowerLinks = (parent: string, interfaces: readonly InterfaceFact[]): readonly InterfaceFact[] => {
  const found = named(parent, interfaces) ?? named(parseVlanName(parent)?.parent ?? '', interfaces)
  return found === undefined ? [] : [found]
}

const masterOf = ({ parent }: DesiredParentedNetwork, interfaces: readonly InterfaceFact[]): string | null =>
  named(parent, interfaces)?.master ?? null

const faultOf = (
  { parent, driver }: DesiredParentedNetwork,
  interfaces: readonly InterfaceFact[],
): ParentFault | null => {
  const link = named(parent, interfaces)
  if (link !== undefined) return unfit(link, driver.kind)
  const vlan = parseVlanName(parent)
  if (vlan !== null && named(vlan.parent, interfaces) !== undefined) return null
  const others = interfaces.flatMap(({ name, kind }) =>
    name === undefined || kind === 'loopback' ? [] : [name],
  )
  return {
    why:
      vlan === null
        ? 'is not on this host'
        : `is not on this host, and neither is ${vlan.parent}, on which VLAN ${vlan.id} could be made`,
    remedy: `Name an interface of this host as \`parent\`${others.length === 0 ? '' : `: ${others.slice(0, mostNames).join(', ')}`}.${
      /\.\d+$/.test(parent) && vlan === null ? ' A VLAN has a number from 1 to 4094.' : ''
    }`,
    commands: ['ip link'],
  }
}

const mostNames = 8

/**
 * The reason why an interface cannot be a parent; null: it can. A port of a bridge or bond already has a handler
 * (net/core/dev.c `netdev_rx_handler_register`).
 */
const unfit = ({ kind, master }: InterfaceFact, driver: string): ParentFault | null => {
  if (kind === 'loopback' || kind === 'none' || kind === 'ppp' || kind === 'wireguard' || kind === 'tun')
    return {
      why: `is of kind ${kind}, which has no frames of Ethernet`,
      remedy: 'Name an interface of Ethernet as `parent`.',
      commands: [],
    }
  if (master != null)
    return {
      why: `is a port of ${master}, so the kernel allows it no ${driver}`,
      remedy: `Name ${master} as \`parent\`.`,
      commands: [],
    }
  return null
}

/**
 * The fault of a parent that a network of another driver uses too: the kernel allows an interface children of one kind.
 */
const rivalOf = (
  { name, parent, driver }: DesiredParentedNetwork,
  networks: readonly DesiredParentedNetwork[],
): ParentFault | null => {
  const rival = networks.find(
    (other) => other.name !== name && other.parent === parent && other.driver.kind !== driver.kind,
  )
  return rival === undefined
    ? null
    : {
        why: `is that of network ${rival.name} of driver ${rival.driver.kind} too, and the kernel allows an interface children of one kind`,
        remedy: 'Give both networks the same driver, or one of them another parent.',
        commands: [],
      }
}
