import { appliedProjects, readAppliedTextOf, readMember, readNeighbours } from '@portolan/host'
import { readConfig } from '../../config/read-config.ts'

/**
 * The clusters that the config names, and that this host joined. A URL with a password is not shown. If one of the two
 * cannot be read, the other one is still offered.
 */
export const clustersKnown = async (state: string): Promise<readonly string[]> => {
  const known = await Promise.allSettled([
    (async () => readConfig().cluster)(),
    (async () => (await readMember(state))?.url)(),
  ])
  return known
    .map((one) => (one.status === 'fulfilled' ? one.value : null))
    .filter((url): url is string => typeof url === 'string' && !url.includes('@'))
}

/** The hosts that may be meant: for `join` the former name of this one, for `reclaim` the others, as last seen. */
export const membersKnown = async (state: string, verb: string | undefined): Promise<readonly string[]> => {
  if (verb === 'join') return [(await readMember(state))?.host ?? ''].filter((name) => name !== '')
  return ((await readNeighbours(state))?.others ?? []).map(({ host }) => host)
}

/** The keys of the cluster whose texts are in force on this host. */
export const intentsKnown = async (state: string): Promise<readonly string[]> => {
  const found: string[] = []
  for (const project of await appliedProjects(state)) {
    const url = (await readAppliedTextOf(state, project))?.url
    if (url !== undefined) found.push(url)
  }
  return found
}
