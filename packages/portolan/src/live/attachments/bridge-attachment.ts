import { endpointPortName } from '@portolan/core'
import type { NetworkNamespace } from '@portolan/host'
import { ApplyError, detachWay, oneWay, PortolanError } from '@portolan/netfilter'
import type { LiveMachine } from '../live-machine.ts'
import { attachToNetwork, prepareForPort } from '../networks/attach-to-network.ts'
import type { OwnBridge } from '../networks/own-bridges.ts'
import type { HeldRules } from '../rules/held-rules.ts'
import { aliasOfEndpoint } from './alias-of-endpoint.ts'
import { portOfEndpoint } from './attached-ports.ts'
import type { Attachment, InterfaceMaker } from './attachment.ts'

type BridgeTools = Pick<LiveMachine, 'links' | 'sysctls' | 'clock'>

/** The largest MTU: ETH_MAX_MTU (include/uapi/linux/if_ether.h). */
const MOST_MTU = 65_535

/** How often to check whether packets pass, with `PAUSE_MS` milliseconds in between: some two seconds in all. */
const ATTEMPTS = 100
const PAUSE_MS = 20

/** Makes the veth pair of an endpoint. Its end on the host is a port of the network's bridge. */
export const bridgeAttachment = (
  rules: HeldRules,
  tools: BridgeTools,
  bridge: OwnBridge,
  { mark, interface: inside, mac }: Pick<Attachment, 'mark' | 'interface' | 'mac'>,
  mtu: number | null,
): InterfaceMaker => {
  const { links, clock } = tools
  const alias = aliasOfEndpoint(mark)
  let port = portOfEndpoint(rules.facts, mark)?.name ?? null
  let isNew = false
  /** Repairs an existing end; null: there is none, or it no longer belongs to the endpoint. */
  const mend = async (name: string, namespace: NetworkNamespace): Promise<boolean | null> => {
    const link = await links.readEndpointLink(name)
    if (link === null || link.alias !== alias) return null
    const number = await links.namespaceNumber(namespace.descriptor)
    if (number === null || link.namespace !== number) throw attachedElsewhere(mark, name, namespace.where)
    port = name
    const { master } = rules.facts.interfaces?.find((one) => one.name === name) ?? {}
    await attachToNetwork(rules, tools, name, `${mark.project}/${mark.network}`)
    return link.carries && master === bridge.name
  }
  return {
    make: async (namespace) => {
      const mended = port === null ? null : await mend(port, namespace)
      if (mended !== null) return mended
      const name = freeName(rules, mark)
      const prepared = await prepareForPort(rules, tools, name, bridge)
      const ofBridge = bridge.link.mtu ?? 1500
      if (mtu !== null && mtu !== ofBridge) await pinMtu(links, bridge.name, ofBridge)
      try {
        await links.createVeth({
          ...{ name, alias, bridge: bridge.name, port: prepared, mtu: mtu ?? ofBridge },
          peer: { name: inside, mac, namespace: namespace.descriptor, where: namespace.where },
        })
      } catch (error) {
        // Another program is attaching the same endpoint.
        const theirs = await mend(name, namespace)
        if (theirs === null) throw error
        return theirs
      }
      port = name
      isNew = true
      return false
    },
    settle: async () => {
      if (port === null) return
      for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
        const passes = (await links.readEndpointLink(port))?.carries === true
        // In this order, because a bridge has a carrier only after one of its ports forwards.
        if (passes && (await links.readEndpointLink(bridge.name))?.carries === true) return
        await new Promise<void>((resolve) => void clock.after(PAUSE_MS, resolve))
      }
      throw new ApplyError(
        {
          problem: `Could not attach endpoint ${mark.endpoint} to network ${mark.network}: no packet passes the bridge ${bridge.name}.`,
          remedy: () => `Set it up (ip link set ${bridge.name} up), or bring the network about again.`,
        },
        { applied: [], stderr: '' },
      )
    },
    undo: async () => {
      if (isNew && port !== null) await links.deleteEndpointLink(port)
    },
  }
}

/**
 * Fixes a bridge at the MTU that it has. A bridge whose MTU was never set follows its ports' lowest (net/bridge/br_if.c
 * `br_mtu_auto_adjust`). Setting the MTU it already has does nothing (net/core/dev.c), so another value is set first.
 */
const pinMtu = async (links: BridgeTools['links'], bridge: string, mtu: number): Promise<void> => {
  // A larger one where possible: below 1280 the kernel removes IPv6 from the bridge.
  await links.changeBridge(bridge, { mtu: mtu < MOST_MTU ? mtu + 1 : mtu - 1 })
  await links.changeBridge(bridge, { mtu })
}

const attachedElsewhere = (
  { endpoint, network }: Attachment['mark'],
  port: string,
  where: string,
): PortolanError =>
  new PortolanError('ENDPOINT_ATTACHED', {
    problem: `Endpoint ${endpoint} of network ${network} is attached to another namespace already, and ${where} is asked for. Its interface here is ${port}.`,
    remedy: (wording) => oneWay(detachWay(wording, endpoint), 'attach under another name'),
  })

/** Finds a free interface name. Another endpoint or program may have the name of a hash already. */
const freeName = ({ facts }: HeldRules, mark: Attachment['mark']): string => {
  const names = new Set((facts.interfaces ?? []).map(({ name }) => name))
  for (let attempt = 0; ; attempt += 1) {
    const name = endpointPortName(mark, attempt)
    if (!names.has(name)) return name
  }
}
