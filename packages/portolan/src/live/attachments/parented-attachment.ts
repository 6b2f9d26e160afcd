import { type EndpointMark, parseEndpointAlias } from '@portolan/core'
import type { InsideLink } from '@portolan/host'
import { ApplyError, detachWay, oneWay, PortolanError, type Refusal, type Wording } from '@portolan/netfilter'
import type { LiveMachine } from '../live-machine.ts'
import { aliasOfEndpoint } from './alias-of-endpoint.ts'
import { attachedOtherwise } from './attached-otherwise.ts'
import type { Attachment, InterfaceMaker } from './attachment.ts'
import { parentedDetach } from './parented-detach.ts'
import type { NetworkWay } from './place.ts'
import { staysUp } from './stays-up.ts'

interface Asked {
  readonly mtu: number | null
  /** The endpoint had no address until now. */
  readonly isNew: boolean
  readonly formerMacs: readonly string[]
}

/** Makes a child of the network's parent, directly in the namespace under its final name. The host has no end of it. */
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
        const { problem, remedy } = inTheWay(there, mark, inside, mac)
        throw new ApplyError(
          {
            problem: `Could not attach ${inside} of ${namespace.where} to network ${mark.network}: ${problem}`,
            remedy,
          },
          { applied: [], stderr: '' },
        )
      }
      for (const former of driver.kind === 'macvlan' ? formerMacs : [])
        if (await staysUp(links, parent, former)) throw attachedFormerly(mark, parent, former)
      const link = { name: inside, parent, netns: namespace, ...(mtu === null ? {} : { mtu }) }
      if (driver.kind === 'macvlan') await links.createMacvlan({ ...link, mode: driver.mode, mac })
      else await links.createIpvlan({ ...link, mode: driver.mode, flag: driver.flag })
      undo = () => namespace.removeLink(inside)
      const bringUp = () =>
        namespace.bringUp(inside, { ip6: addresses.some(({ family }) => family === 'ip6'), alias })
      try {
        await bringUp().catch(async (error) => {
          // The MAC may be that of a container that has ended. The kernel removes its interface a little later.
          if (!isBusyMac(error) || (await staysUp(links, parent, mac))) throw error
          await bringUp()
        })
      } catch (error) {
        await undo()
        throw isBusyMac(error) ? busyMac(error, { mark, parent, mac, isNew }) : error
      }
      return false
    },
    settle: async () => {},
    undo: () => undo(),
  }
}

const detachOrRename = (mark: EndpointMark) => (wording: Wording) =>
  oneWay(detachWay(wording, mark.endpoint, parentedDetach(mark.project)), 'attach under another name')

const attachedFormerly = (mark: EndpointMark, parent: string, mac: string): PortolanError =>
  new PortolanError('ENDPOINT_ATTACHED', {
    problem: `Endpoint ${mark.endpoint} of network ${mark.network} is attached already, with an address that it had before: a child of ${parent} has the MAC address ${mac} of that.`,
    remedy: detachOrRename(mark),
  })

/** Describes an existing interface of that name, and the remedy. */
const inTheWay = (there: InsideLink, mark: EndpointMark, inside: string, mac: string): Refusal => {
  const found = parseEndpointAlias(there.alias)
  if (found === null)
    return {
      problem: `an interface named ${inside} is there already.`,
      remedy: (wording) => oneWay(wording.interface, 'remove that one'),
    }
  const detach = (wording: Wording): string =>
    detachWay(wording, found.endpoint, parentedDetach(found.project))
  return there.alias === aliasOfEndpoint(mark)
    ? {
        problem: `${inside} is the interface of endpoint ${mark.endpoint} already, with the MAC ${there.mac}, and ${mac} is leased by now.`,
        remedy: (wording) => oneWay(`${detach(wording)}, then attach it again`),
      }
    : {
        problem: `${inside} is the interface of endpoint ${found.endpoint} of network ${found.project}/${found.network}.`,
        remedy: (wording) => oneWay(detach(wording), wording.interface),
      }
}

/**
 * Tells whether the kernel refused a MAC: two children of one parent cannot share one (drivers/net/macvlan.c
 * `macvlan_addr_busy`).
 */
const isBusyMac = (error: unknown): error is ApplyError =>
  error instanceof ApplyError && /in use|busy/i.test(error.stderr)

const busyMac = (
  error: ApplyError,
  { mark, parent, mac, isNew }: { mark: EndpointMark; parent: string; mac: string; isNew: boolean },
): PortolanError => {
  const { endpoint, network } = mark
  // An endpoint that had no address until now is attached nowhere, so the MAC belongs to another interface.
  return isNew
    ? new ApplyError(
        {
          problem: `Could not attach endpoint ${endpoint} to network ${network}: another child of ${parent} has the MAC address ${mac} already.`,
          remedy: (wording) => oneWay(wording.mac, 'remove that interface'),
        },
        { applied: [], stderr: error.stderr },
        { cause: error },
      )
    : new PortolanError(
        'ENDPOINT_ATTACHED',
        {
          problem: `Endpoint ${endpoint} of network ${network} is attached to another namespace already: another child of ${parent} has its MAC address.`,
          remedy: detachOrRename(mark),
        },
        { cause: error },
      )
}
