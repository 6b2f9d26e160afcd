import type { LinkOperation } from '@portolan/core'
import type { InterfaceFact } from '@portolan/netfilter'
import type { HostFacts, Plan } from 'portolan'
import { carriedOut } from '../../../packages/portolan/src/plan/carried-out.ts'
import type { Host } from './plan.ts'

/** The host after a plan's changes, computed without a kernel. */
export const settle = (host: Host, { changes }: Pick<Plan, 'changes'>): Host => {
  let settled = host.facts
  for (const change of changes) {
    if (change.part === 'link') settled = settleLink(settled, change.operation)
    if (change.part === 'sysctl') {
      const { name, value } = change.operation
      settled = { ...settled, sysctls: { ...settled.sysctls, [name]: value } }
    }
  }
  return { ...host, facts: settled, rules: carriedOut(host.rules, changes) }
}

const settleLink = (facts: HostFacts, operation: LinkOperation): HostFacts => {
  const interfaces = facts.interfaces ?? []
  const { name } = operation
  const change = (alter: (link: InterfaceFact) => InterfaceFact): HostFacts => ({
    ...facts,
    interfaces: interfaces.map((link) => (link.name === name ? alter(link) : link)),
  })
  switch (operation.kind) {
    case 'create-bridge': {
      const { alias, mac, mtu, addresses, nfCall } = operation
      const link: InterfaceFact = {
        name,
        kind: 'bridge',
        up: true,
        alias,
        mac,
        addresses,
        mtu: mtu ?? 1500,
        nfCallIptables: nfCall,
        nfCallIp6tables: nfCall,
      }
      return { ...facts, interfaces: [...interfaces, link] }
    }
    case 'create-vlan':
      return {
        ...facts,
        interfaces: [...interfaces, { name, kind: 'vlan', up: true, alias: operation.alias, addresses: [] }],
      }
    case 'set-vlan-up':
      return change((link) => ({ ...link, up: true }))
    case 'delete-vlan':
    case 'delete-bridge':
      return { ...facts, interfaces: interfaces.filter((link) => link.name !== name) }
    case 'set-route':
    case 'delete-route': {
      const { destination, via } = operation
      const others = (facts.routes ?? []).filter((route) => route.destination !== destination)
      const route = { destination, gateway: via, interface: name, table: 254, protocol: 'portolan' }
      return { ...facts, routes: operation.kind === 'set-route' ? [...others, route] : others }
    }
    case 'delete-endpoint':
      return { ...facts, interfaces: interfaces.filter((link) => link.name !== name) }
    case 'set-bridge':
      return change((link) => ({
        ...link,
        ...(operation.alias === undefined ? {} : { alias: operation.alias }),
        ...(operation.mtu === undefined ? {} : { mtu: operation.mtu }),
        ...(operation.up === undefined ? {} : { up: true }),
        ...(operation.nfCall === undefined
          ? {}
          : { nfCallIptables: operation.nfCall, nfCallIp6tables: operation.nfCall }),
      }))
    case 'add-address':
      return change((link) => ({ ...link, addresses: [...(link.addresses ?? []), operation.address] }))
    case 'remove-address':
      return change((link) => ({
        ...link,
        addresses: (link.addresses ?? []).filter((address) => address !== operation.address),
      }))
    case 'set-port':
      return facts
  }
}
