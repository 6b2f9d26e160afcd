import { bridgeNetwork, checkProject, type HostPresence, type OwnedNetwork } from '@portolan/core'
import {
  containsAddress,
  type HostFacts,
  InvalidRequestError,
  parseAddress,
  parseInterfaceAddress,
  prefixAround,
} from '@portolan/netfilter'

/**
 * The networks whose bridges are on a host.
 * @internal
 */
export const hostNetworks = ({ interfaces }: HostFacts): readonly OwnedNetwork[] =>
  (interfaces ?? []).flatMap((link) => {
    const found = bridgeNetwork(link)
    return found === null || !isProjectName(found.project) ? [] : [found]
  })

/** Tells whether a text can be a project's name. Any program may write an alias, so an impossible name is ignored. */
const isProjectName = (project: string): boolean => {
  try {
    checkProject(project)
    return true
  } catch (error) {
    if (error instanceof InvalidRequestError) return false
    throw error
  }
}

/**
 * The interfaces and subnets on a host now, to which rules may lead.
 * @internal
 */
export const hostPresence = ({ interfaces }: HostFacts): HostPresence => {
  const names = new Set((interfaces ?? []).map(({ name }) => name))
  const subnets = (interfaces ?? []).flatMap(({ addresses }) =>
    (addresses ?? [])
      .filter((text) => !text.startsWith('fe80:'))
      .map((text) => {
        const { address, length } = parseInterfaceAddress(text)
        return prefixAround(address, length)
      }),
  )
  return {
    hasInterface: (name) => names.has(name),
    hasSubnetOf: (address) => {
      const wanted = parseAddress(address)
      return subnets.some((subnet) => containsAddress(subnet, wanted))
    },
  }
}
