import { bridgeNetwork, type DesiredMapping, type DesiredState } from '@portolan/core'
import {
  containsAddress,
  type HostFacts,
  PermissionError,
  type Prefix,
  parseAddress,
  parsePrefix,
} from '@portolan/netfilter'
import { liveProjects } from '../live/wanted/live-projects.ts'
import { desiredOf, openWantedState } from '../live/wanted/wanted-state.ts'

/** What is wanted of one project. */
export interface Wish {
  readonly project: string
  /** What its rules are made from; null: nothing is wanted any more. */
  readonly desired: DesiredState | null
  /** All that is wanted, with what waits for a network that is gone. */
  readonly mappings: readonly DesiredMapping[]
}

/** What live hosts wrote down, and what could not be read of it. */
export interface Wishes {
  readonly wishes: readonly Wish[]
  readonly unread: readonly string[]
}

/**
 * Reads what is wanted of the live projects of this host.
 * @param project - of this one alone; null: of all
 * @throws PortolanError `STATE`
 */
export const readWishes = async (
  stateDirectory: string,
  project: string | null,
  facts: HostFacts,
): Promise<Wishes> => {
  const wishes: Wish[] = []
  const unread: string[] = []
  try {
    for (const name of liveProjects(stateDirectory)) {
      if (project !== null && name !== project) continue
      const { wish, missing } = await readWish(stateDirectory, name, facts)
      wishes.push(wish)
      if (missing > 0)
        unread.push(
          `What is wanted of project ${name} is known in part: ${missing} ${missing === 1 ? 'record' : 'records'} of its journal could not be read.`,
        )
    }
  } catch (error) {
    if (!(error instanceof PermissionError)) throw error
    unread.push(`${error.message} What is missing of live projects is not told.`)
  }
  return { wishes, unread }
}

const readWish = async (
  stateDirectory: string,
  project: string,
  facts: HostFacts,
): Promise<{ readonly wish: Wish; readonly missing: number }> => {
  const wanted = openWantedState(stateDirectory, project)
  try {
    const networks = wanted.networks().map(({ network }) => network)
    const subnets = [...networks, ...bridgesOf(facts)].flatMap(({ ip, ip6 }) =>
      [ip, ip6].flatMap((one) => (one === null ? [] : [parsePrefix(one.subnet)])),
    )
    const desired = desiredOf(project, wanted, ({ targets }) =>
      targets.every(({ address }) => holds(subnets, address)),
    )
    return { wish: { project, desired, mappings: wanted.ports() }, missing: wanted.unread }
  } finally {
    await wanted.close()
  }
}

const bridgesOf = ({ interfaces = [] }: HostFacts) =>
  interfaces.flatMap((link) => {
    const network = bridgeNetwork(link)?.network
    return network === undefined ? [] : [network]
  })

const holds = (subnets: readonly Prefix[], address: string): boolean => {
  const wanted = parseAddress(address)
  return subnets.some((subnet) => containsAddress(subnet, wanted))
}
