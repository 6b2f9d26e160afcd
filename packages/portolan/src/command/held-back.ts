import { defaultStateDirectory, type HeldBack, heldBackNow } from '@portolan/host'
import { PermissionError } from '@portolan/netfilter'
import type { Options } from './option-table.ts'
import { usesFiles } from './read-facts.ts'

/** What a watch of the project holds back on this host; null: nothing, or this user may not know. */
export const heldBackOf = async (options: Options, project: string): Promise<HeldBack | null> => {
  if (usesFiles(options)) return null
  try {
    const [found = null] = await heldBackNow(options.state ?? defaultStateDirectory(), project)
    return found
  } catch (error) {
    if (error instanceof PermissionError) return null
    throw error
  }
}

export const heldBackText = ({ project, process, message }: HeldBack): string =>
  `project ${project} is held as it was by "portolan watch" (process ${process.pid}), which does not take what came later. ${message}`
