import { type EndpointMark, parseEndpointAlias } from '@portolan/core'
import type { InsideLink } from '@portolan/host'
import { ApplyError, PortolanError } from '@portolan/netfilter'
import type { LiveMachine } from '../live-machine.ts'
import { aliasOfEndpoint } from './alias-of-endpoint.ts'
import { attachedOtherwise } from './attached-otherwise.ts'
import type { Attachment, InterfaceMaker } from './attachment.ts'
import type { NetworkWay } from './place.ts'

interface Asked {
  readonly mtu: number | null
  /** It had no address until now. */
  readonly isNew: boolean
  readonly formerMacs: readonly string[]
}

/**
 * A child of the network's parent, made in the namespace itself under its final name. The host has no end of it.
 */
export const parentedAttachment = (
  { links }: Pick<LiveMachine, 'links'>,
  { driver, parent, mtu: ofNetwork }: Extract<NetworkWay, { readonly kind: 'parent' }>,
  { mark, interface: inside, mac, addresses }: Attachment,
  { mtu: asked, isNew, formerMacs }: Asked,
): InterfaceMaker => {
  const mtu = asked ?? ofNetwork
  const alias = aliasOfEndpoint(mark)
  let undo = async (): Promise<void> => {}
  return {
    make: async (namespace) => {
      const there = await namespace.readLink(inside)
      if (there !== null) {
        const isOurs = there.alias === '' || there.alias === alias
        if (there.kind === driver.kind && isOurs && (there.kind === 'ipvlan' || there.mac === mac)) {
          if (asked !== null && there.mtu !== asked)
            throw attachedOtherwise(mark, `the MTU ${there.mtu}`, String(asked))
          return true
        }
        throw new ApplyError(
          `Could not attach ${inside} of ${namespace.where} to network ${mark.network}: ${inTheWay(there, mark, inside, mac)}`,
          { applied: [], stderr: '' },
        )
      }
      for (const former of driver.kind === 'macvlan' ? formerMacs : [])
        if (await links.hasChild(parent, former)) throw attachedFormerly(mark, parent, former)
      const link = { name: inside, parent, netns: namespace, ...(mtu === null ? {} : { mtu }) }
      if (driver.kind === 'macvlan') await links.createMacvlan({ ...link, mode: driver.mode, mac })
      else await links.createIpvlan({ ...link, mode: driver.mode, flag: driver.flag })
      undo = () => namespace.removeLink(inside)
      try {
        await namespace.bringUp(inside, { ip6: addresses.some(({ family }) => family === 'ip6'), alias })
      } catch (error) {
        await undo()
        throw busyMac(error, { mark, parent, mac, isNew })
      }
      return false
    },
    settle: async () => {},
    undo: () => undo(),
  }
}

const attachedFormerly = (
  { endpoint, network, project }: EndpointMark,
  parent: string,
  mac: string,
): PortolanError =>
  new PortolanError(
    'ENDPOINT_ATTACHED',
    `Endpoint ${endpoint} of network ${network} is attached already, with an address that it had before: a child of ${parent} has the MAC address ${mac} of that. Detach it there first (portolan detach ${endpoint} -p ${project} --netns ...), or attach under another name.`,
  )

/** What an interface is that has the name already, and the way out. */
const inTheWay = (there: InsideLink, mark: EndpointMark, inside: string, mac: string): string => {
  const found = parseEndpointAlias(there.alias)
  const detach = `Detach it first (portolan detach ${found?.endpoint} -p ${found?.project} --netns ...)`
  if (found === null)
    return `an interface named ${inside} is there already. Choose another name with interface (--interface), or remove that one.`
  return there.alias === aliasOfEndpoint(mark)
    ? `${inside} is the interface of endpoint ${mark.endpoint} already, with the MAC ${there.mac}, and ${mac} is leased by now. ${detach}, then attach it again.`
    : `${inside} is the interface of endpoint ${found.endpoint} of network ${found.project}/${found.network}. ${detach}, or choose another name with interface (--interface).`
}

/** Two children of one parent never have one MAC (drivers/net/macvlan.c `macvlan_addr_busy`). */
const busyMac = (
  error: unknown,
  { mark, parent, mac, isNew }: { mark: EndpointMark; parent: string; mac: string; isNew: boolean },
): unknown => {
  if (!(error instanceof ApplyError && /in use|busy/i.test(error.stderr))) return error
  const { endpoint, network } = mark
  // An endpoint that had no address until now is attached nowhere.
  return isNew
    ? new ApplyError(
        `Could not attach endpoint ${endpoint} to network ${network}: another child of ${parent} has the MAC address ${mac} already. Give this endpoint another MAC or address (--mac, --address), or remove that interface.`,
        { applied: [], stderr: error.stderr },
        { cause: error },
      )
    : new PortolanError(
        'ENDPOINT_ATTACHED',
        `Endpoint ${endpoint} of network ${network} is attached to another namespace already: another child of ${parent} has its MAC address. Detach it there first (portolan detach ${endpoint} --netns ...), or attach under another name.`,
        { cause: error },
      )
}
