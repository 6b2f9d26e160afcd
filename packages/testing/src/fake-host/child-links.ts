import { ApplyError, macFromAddress } from '@portolan/netfilter'
import type { Links } from 'portolan/machine'
import type { FakeState } from './fake-state.ts'
import { linkOf } from './link-facts.ts'

/** Makes macvlan and ipvlan links. The fake host makes them only in simulated namespaces, as `attach` does. */
export const childLinks = (state: FakeState): Pick<Links, 'createMacvlan' | 'createIpvlan' | 'hasChild'> => {
  const create = (kind: 'macvlan' | 'ipvlan', link: ChildSpec): void => {
    const does = `create the ${kind} ${link.name}`
    const parent = linkOf(state.facts, link.parent)
    const { netns } = link
    if (netns === undefined || !('descriptor' in netns))
      throw new ApplyError(`Could not ${does}: the fake host makes it in a namespace that attach opened.`, {
        applied: [],
        stderr: '',
      })
    const inside = state.namespaces.numbered(netns.descriptor)
    if (inside.has(link.name))
      throw new ApplyError(`Could not ${does}: ${netns.where} has an interface of that name already.`, {
        applied: [],
        stderr: 'EEXIST: file already exists',
      })
    inside.set(link.name, {
      ...{ name: link.name, kind, up: link.up === true },
      mac: kind === 'ipvlan' ? (parent.mac ?? noMac) : (link.mac ?? noMac),
      mtu: link.mtu ?? parent.mtu ?? 1500,
      ...{ addresses: [], defaultRoutes: [] },
    })
  }
  return {
    createMacvlan: async (link) => create('macvlan', link),
    createIpvlan: async (link) => create('ipvlan', link),
    hasChild: async (_, mac) =>
      state.namespaces.all().some((link) => link.kind === 'macvlan' && link.mac === mac),
  }
}

type ChildSpec = Omit<Parameters<Links['createMacvlan']>[0], 'mode'>

const noMac = macFromAddress('0.0.0.0')
