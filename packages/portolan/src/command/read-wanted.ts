import { type Intent, readCompose } from '@portolan/core'
import { appliedProjects, defaultStateDirectory, readAppliedTextOf } from '@portolan/host'
import { InvalidRequestError, PermissionError } from '@portolan/netfilter'
import type { CommandContext } from './command.ts'
import type { Options } from './option-table.ts'
import { usesFiles } from './read-facts.ts'
import { readIntent } from './read-intent.ts'

/**
 * What is wanted of the project that a command is about: the text that `watch --intent` put into force, where -p names its
 * project and no file is named; else what the Compose files say.
 *
 * @throws as `readIntent`
 */
export const readWanted = async ({ options, terminal }: CommandContext): Promise<Intent> => {
  const kept = await keptIntent(options)
  if (kept === null) return readIntent(options)
  terminal.say(
    `portolan: project ${kept.project} is read from the text that "portolan watch --intent" put into force here; -f names another one.`,
  )
  return kept
}

/** @returns null: the command is not about such a project */
export const keptIntent = async (options: Options): Promise<Intent | null> => {
  const { file, project, state, profile } = options
  if (project === undefined || file !== undefined || usesFiles(options)) return null
  const kept = await readable(readAppliedTextOf(state ?? defaultStateDirectory(), project), null)
  if (kept === null) return null
  return readCompose(kept.text, {
    ...{ source: `the text of project ${project}`, project },
    profiles: profile ?? kept.profiles ?? [],
    load: refuseFile,
    loadVariables: refuseFile,
  })
}

/** The projects of which such a text is kept. */
export const keptProjects = ({ state }: Options): Promise<readonly string[]> =>
  readable(appliedProjects(state ?? defaultStateDirectory()), [])

const refuseFile = (path: string): never => {
  throw new InvalidRequestError(
    `it names the file ${JSON.stringify(path)}, and a text in etcd has no files beside it.`,
  )
}

/** Another user than root has no part in that directory. */
const readable = async <Value>(reading: Promise<Value>, otherwise: Value): Promise<Value> => {
  try {
    return await reading
  } catch (error) {
    if (error instanceof PermissionError) return otherwise
    throw error
  }
}
