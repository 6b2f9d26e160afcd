import { readAddresses } from '../facts/read-addresses.ts'
import { changeError } from '../netlink/change-error.ts'
import { type NetlinkConnection, openConnection } from '../netlink/connection.ts'
import { NETLINK_ROUTE } from '../netlink/constants.ts'
import { EADDRNOTAVAIL, EEXIST } from '../netlink/errno.ts'
import { change, send } from '../netlink/request.ts'
import { RTM_NEWLINK, RTM_SETLINK } from '../netlink/rtnetlink.ts'
import { addressChange } from './address-change.ts'
import { deleteRoute, setRoute } from './block-route.ts'
import { bridgeInfo, linkAttributes, netfilterData } from './bridge-attributes.ts'
import { attachPort, detachPort, setPort } from './bridge-port.ts'
import { createBridge } from './create-bridge.ts'
import { createDummy } from './create-dummy.ts'
import { createIpvlan } from './create-ipvlan.ts'
import { createMacvlan } from './create-macvlan.ts'
import { createVlan } from './create-vlan.ts'
import { deleteBridge } from './delete-bridge.ts'
import { deleteLink } from './delete-link.ts'
import { deleteVlan } from './delete-vlan.ts'
import {
  createVeth,
  deleteEndpointLink,
  hasNamespace,
  namespaceNumber,
  readEndpointLink,
} from './endpoint-link.ts'
import { requireBridge, requireLink } from './find-link.ts'
import { hasChild } from './has-child.ts'
import { checkInterfaceAddress } from './interface-address.ts'
import { interfaceInfo } from './interface-info.ts'
import type { LinkOperations } from './link-operations.ts'
import type { BridgeChange } from './links.ts'
import { moveLink } from './move-link.ts'
import { renameLink } from './rename-link.ts'
import { setMac } from './set-mac.ts'
import { setMtu } from './set-mtu.ts'
import { refusalsOfUp } from './set-up-refusals.ts'

/**
 * Opens the links of this network namespace for changes. It does not keep the process alive. Close it when done.
 *
 * @example
 * const links = openLinks()
 * await links.createBridge({ name: 'ptl-web', alias: bridgeAlias(owner), addresses: ['172.17.42.1/16'] })
 * await links.attachPort('veth12', 'ptl-web', { hairpin: true, isolated: false })
 * links.close()
 * @public @since 0.1.0
 */
export const openLinks = (): LinkOperations => {
  const connection = openConnection(NETLINK_ROUTE)
  return {
    createBridge: (bridge) => createBridge(connection, bridge),
    changeBridge: (name, bridge) => changeBridge(connection, name, bridge),
    deleteBridge: (name) => deleteBridge(connection, name),
    setUp: (name, up) => setUp(connection, name, up),
    addAddress: (name, address) => addAddress(connection, name, address),
    removeAddress: (name, address) => removeAddress(connection, name, address),
    setRoute: (route) => setRoute(connection, route),
    deleteRoute: (destination, via) => deleteRoute(connection, destination, via),
    attachPort: (interfaceName, bridge, port) => attachPort(connection, interfaceName, bridge, port),
    setPort: (interfaceName, port) => setPort(connection, interfaceName, port),
    detachPort: (interfaceName) => detachPort(connection, interfaceName),
    createDummy: (link) => createDummy(connection, link),
    createMacvlan: (link) => createMacvlan(connection, link),
    createIpvlan: (link) => createIpvlan(connection, link),
    createVlan: (link) => createVlan(connection, link),
    hasChild: (parent, mac) => hasChild(connection, parent, mac),
    deleteVlan: (name) => deleteVlan(connection, name),
    deleteLink: (name) => deleteLink(connection, name),
    renameLink: (name, to) => renameLink(connection, name, to),
    setMac: (name, mac) => setMac(connection, name, mac),
    setMtu: (name, mtu) => setMtu(connection, name, mtu),
    moveLink: (name, netns, as) => moveLink(connection, name, netns, as),
    createVeth: (veth) => createVeth(connection, veth),
    readEndpointLink: (name) => readEndpointLink(connection, name),
    deleteEndpointLink: (name) => deleteEndpointLink(connection, name),
    namespaceNumber: (namespace) => namespaceNumber(connection, namespace),
    hasNamespace: (number) => hasNamespace(connection, number),
    close: () => connection.close(),
  }
}

const changeBridge = async (
  connection: NetlinkConnection,
  name: string,
  bridge: BridgeChange,
): Promise<void> => {
  const does = `change the bridge ${name}`
  const { index } = await requireBridge(connection, name, does)
  const data = netfilterData(bridge)
  const info = data.length === 0 ? [] : [bridgeInfo(...data)]
  // RTM_SETLINK would ignore IFLA_LINKINFO without an error, so the message is RTM_NEWLINK.
  await change(connection, [
    { type: RTM_NEWLINK, payload: [interfaceInfo({ index }), ...linkAttributes(bridge), ...info], does },
  ])
}

const setUp = async (connection: NetlinkConnection, name: string, up: boolean): Promise<void> => {
  const does = `set ${name} ${up ? 'up' : 'down'}`
  const { index } = await requireLink(connection, name, does)
  const refusals = up ? refusalsOfUp : {}
  await change(connection, [{ type: RTM_SETLINK, payload: [interfaceInfo({ index, up })], does, refusals }])
}

const addAddress = async (connection: NetlinkConnection, name: string, address: string): Promise<void> => {
  const { index, kind } = await requireLink(connection, name, `add the address ${address} to ${name}`)
  checkInterfaceAddress(address, name, { isLoopback: kind === 'loopback' })
  const addition = addressChange('add', name, index, address)
  const [errno = 0] = await send(connection, [addition])
  if (errno === 0) return
  // The kernel also says EEXIST for the same address with another prefix length, which is not the requested one.
  if (errno === EEXIST && (await readAddresses(connection)).addresses.get(index)?.includes(address)) return
  throw changeError(addition.does, errno, [], addition.refusals)
}

const removeAddress = async (connection: NetlinkConnection, name: string, address: string): Promise<void> => {
  const { index } = await requireLink(connection, name, `remove the address ${address} from ${name}`)
  const removal = addressChange('remove', name, index, address)
  const [errno = 0] = await send(connection, [removal])
  if (errno !== 0 && errno !== EADDRNOTAVAIL) throw changeError(removal.does, errno, [], removal.refusals)
}
