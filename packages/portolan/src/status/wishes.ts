import { type HostFacts, PermissionError } from '@portolan/netfilter'
import { liveProjects } from '../live/wanted/live-projects.ts'
import { openWantedState } from '../live/wanted/open-wanted-state.ts'
import { type Wish, wishIn } from './wish.ts'

/** The wishes that live hosts wrote down, and what could not be read of them. */
export interface Wishes {
  readonly wishes: readonly Wish[]
  readonly unread: readonly string[]
}

/**
 * Reads the wishes of the live projects on this host.
 * @param project - this project alone; null: all projects
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
    return { wish: wishIn(project, wanted, facts), missing: wanted.unread }
  } finally {
    await wanted.close()
  }
}
