import { type HostFacts, type InterfaceFact, shellWord } from '@portolan/netfilter'
import { type DesiredState, parseVlanAlias, parseVlanName, vlanAlias } from '../contract/index.ts'
import type { LinkChange } from './link-change.ts'

/**
 * The changes to VLAN links that networks on a parent need (`parent: eth1.100`). Missing links are made, and our own
 * links that no network names any more are removed. A link that another program made stays as it is.
 * @internal
 */
export const diffVlans = (
  { project, parented = [] }: Pick<DesiredState, 'project' | 'parented'>,
  { interfaces = [] }: HostFacts,
): { readonly removed: readonly LinkChange[]; readonly created: readonly LinkChange[] } => {
  const wanted = new Set(parented.map(({ parent }) => parent))
  const find = (name: string): InterfaceFact | undefined => interfaces.find((link) => link.name === name)
  return {
    removed: interfaces
      .filter(({ name = '', alias }) => parseVlanAlias(alias) === project && !wanted.has(name))
      .map(deleteVlan),
    created: [...wanted].flatMap((name) => {
      const link = find(name)
      if (link !== undefined)
        return parseVlanAlias(link.alias) === project && link.up === false ? [setVlanUp(name)] : []
      const vlan = parseVlanName(name)
      if (vlan === null || find(vlan.parent) === undefined) return []
      const users = parented.filter(({ parent }) => parent === name).map((network) => network.name)
      return [createVlan(project, name, vlan, users)]
    }),
  }
}

const createVlan = (
  project: string,
  name: string,
  { parent, id }: { readonly parent: string; readonly id: number },
  users: readonly string[],
): LinkChange => ({
  action: 'add',
  object: `vlan ${name}`,
  description: `Create ${name}, VLAN ${id} of ${parent}, for network ${users.join(' and ')}.`,
  before: null,
  after: `vlan ${name} id ${id} on ${parent}`,
  reverse: `ip link del ${shellWord(name)}`,
  operation: { kind: 'create-vlan', name, parent, id, alias: vlanAlias(project) },
})

const setVlanUp = (name: string): LinkChange => ({
  action: 'change',
  object: `vlan ${name}`,
  description: `Bring ${name} up.`,
  before: `${name} down`,
  after: `${name} up`,
  reverse: `ip link set ${shellWord(name)} down`,
  operation: { kind: 'set-vlan-up', name },
})

/**
 * Makes the change that removes one of our VLAN links.
 * @example
 * deleteVlan({ name: 'eth1.100' }).operation // { kind: 'delete-vlan', name: 'eth1.100' }
 * @public @since 0.1.0
 */
export const deleteVlan = ({ name = '' }: InterfaceFact): LinkChange => {
  const vlan = parseVlanName(name)
  return {
    action: 'remove',
    object: `vlan ${name}`,
    description: `Remove the VLAN link ${name}; interfaces of containers on it go with it.`,
    before: `vlan ${name}`,
    after: null,
    reverse:
      vlan === null
        ? `ip link set ${shellWord(name)} up`
        : `ip link add link ${shellWord(vlan.parent)} name ${shellWord(name)} type vlan id ${vlan.id}`,
    operation: { kind: 'delete-vlan', name },
  }
}
