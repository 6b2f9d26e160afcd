import { parseEndpointAlias } from '@portolan/core'
import { ApplyError } from '@portolan/netfilter'
import type { Links } from 'portolan/machine'
import type { FakeState } from './fake-state.ts'
import { linkOf } from './link-facts.ts'

type EndpointLinks = Pick<
  Links,
  'createVeth' | 'readEndpointLink' | 'deleteEndpointLink' | 'namespaceNumber' | 'hasNamespace'
>

/** Makes the veth pairs of endpoints: the host's ends are in the facts, the other ends in simulated namespaces. */
export const endpointLinks = (state: FakeState): EndpointLinks => ({
  createVeth: async ({ name, alias, bridge, port, mtu, peer }) => {
    linkOf(state.facts, bridge)
    const inside = state.namespaces.numbered(peer.namespace)
    const links = state.facts.interfaces ?? []
    for (const [taken, where] of [
      [inside.has(peer.name) ? peer.name : null, peer.where],
      [links.some((link) => link.name === name) ? name : null, 'the host'],
    ])
      if (taken !== null)
        throw new ApplyError(
          `Could not attach ${peer.name} of ${peer.where}: ${where} has an interface named ${taken} already.`,
          { applied: [], stderr: 'EEXIST: file already exists' },
        )
    inside.set(peer.name, {
      ...{ name: peer.name, kind: 'veth', up: false, mac: peer.mac, mtu },
      ...{ addresses: [], defaultRoutes: [] },
    })
    state.endpointEnds.set(name, { namespace: peer.namespace, interface: peer.name })
    const index = 1 + Math.max(0, ...links.map((link) => link.index ?? 0))
    const { hairpin = false, isolated = false } = port
    const link = { name, index, kind: 'veth', alias, mtu, up: true, master: bridge, hairpin, isolated }
    state.setFacts({ ...state.facts, interfaces: [...links, { ...link, addresses: [] }] })
  },
  readEndpointLink: async (name) => {
    const link = state.facts.interfaces?.find((one) => one.name === name)
    if (link === undefined) return null
    const { alias = '', kind = '', up = true } = link
    const namespace = state.endpointEnds.get(name)?.namespace ?? null
    return { alias, kind, carries: up, hasCarried: up, namespace }
  },
  deleteEndpointLink: async (name) => {
    const link = state.facts.interfaces?.find((one) => one.name === name)
    if (link === undefined) return
    if (parseEndpointAlias(link.alias) === null)
      throw new ApplyError(`Could not delete ${name}: no endpoint of Portolan's is behind it.`, {
        applied: [],
        stderr: '',
      })
    state.removeEndpointLink(name)
  },
  namespaceNumber: async (namespace) => namespace,
  // On a simulated host, the links of a namespace are removed with it, so the namespace of a link exists.
  hasNamespace: async () => true,
})
