import type { LinkOperation } from '@portolan/core'
import { ApplyError } from '@portolan/netfilter'
import type { Links } from 'portolan/machine'
import { childLinks } from './child-links.ts'
import { endpointLinks } from './endpoint-links.ts'
import type { FakeState } from './fake-state.ts'
import { linkOf, withLink, withLinkChange } from './link-facts.ts'

/** The MAC of a new bridge: a simulated host draws nothing at random. */
const randomMac = '02:00:00:00:00:01'

/** The interfaces of a simulated host. */
export const fakeLinks = (state: FakeState): Links => {
  const change = (operation: LinkOperation): void => state.setFacts(withLinkChange(state.facts, operation))
  return {
    createBridge: async ({ name, alias, mac = randomMac, mtu = null, addresses, nfCallIptables = false }) =>
      change({ kind: 'create-bridge', name, alias, mac, mtu, addresses, nfCall: nfCallIptables }),
    changeBridge: async (name, { alias, mtu, ...hooks }) => {
      requireBridge(state, name, `change the bridge ${name}`)
      state.setFacts(
        withLink(state.facts, name, {
          ...hooks,
          ...(alias === undefined ? {} : { alias }),
          ...(mtu === undefined ? {} : { mtu }),
        }),
      )
    },
    deleteBridge: async (name) => change({ kind: 'delete-bridge', name }),
    ...childLinks(state),
    createVlan: async ({ name, parent, id, alias = '' }) =>
      change({ kind: 'create-vlan', name, parent, id, alias }),
    deleteVlan: async (name) => change({ kind: 'delete-vlan', name }),
    setUp: async (name, up) => state.setFacts(withLink(state.facts, name, { up })),
    addAddress: async (name, address) => change({ kind: 'add-address', name, address }),
    removeAddress: async (name, address) => change({ kind: 'remove-address', name, address }),
    setRoute: async ({ interface: name, ...route }) => change({ kind: 'set-route', name, ...route }),
    deleteRoute: async (destination) => change({ kind: 'delete-route', name: '', destination, via: '' }),
    attachPort: async (name, bridge, { hairpin = false, isolated = false }) => {
      const does = `attach ${name} to the bridge ${bridge}`
      requireBridge(state, bridge, does)
      const { master = null } = linkOf(state.facts, name)
      if (master !== null && master !== bridge)
        throw new ApplyError(
          `Could not ${does}: it is a port of another interface. Release it first (ip link set ${name} nomaster).`,
          { applied: [], stderr: '' },
        )
      state.setFacts(withLink(state.facts, name, { master: bridge, hairpin, isolated, up: true }))
    },
    setPort: async (name, port) => change({ kind: 'set-port', name, ...port }),
    detachPort: async (name) => state.setFacts(withLink(state.facts, name, { master: null })),
    ...endpointLinks(state),
    close: () => {},
  }
}

const requireBridge = (state: FakeState, name: string, does: string): void => {
  const { kind } = linkOf(state.facts, name)
  if (kind !== 'bridge')
    throw new ApplyError(`Could not ${does}: ${name} is not a bridge but of kind ${kind ?? 'unknown'}.`, {
      applied: [],
      stderr: '',
    })
}
