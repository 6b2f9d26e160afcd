import { type Intent, readCompose } from '@portolan/core'
import { appliedProjects, defaultStateDirectory, readAppliedTextOf } from '@portolan/host'
import { InvalidRequestError, PermissionError } from '@portolan/netfilter'
import type { CommandContext } from './command.ts'
import type { Options } from './option-table.ts'
import { usesFiles } from './read-facts.ts'
import { readIntent } from './read-intent.ts'

/** What is wanted of the project that a command is about. */
interface Wanted {
  readonly intent: Intent
  /** With what the options leave to the text that is kept. */
  readonly context: CommandContext
}

/**
 * What is wanted of the project that a command is about: the text that `watch --intent` put into force, where -p names its
 * project and no file is named; else what the Compose files say.
 *
 * @throws as `readIntent`
 */
export const readWanted = async (context: CommandContext): Promise<Wanted> => {
  const kept = await keptIntent(context.options)
  if (kept === null) return { intent: readIntent(context.options), context }
  context.terminal.say(
    `portolan: project ${kept.intent.project} is read from the text that "portolan watch --intent" put into force here; -f names another one.`,
  )
  return { intent: kept.intent, context: { ...context, options: kept.options } }
}

/** Such a text, and the options with the backend that was named for it unless they name one. */
interface KeptIntent {
  readonly intent: Intent
  readonly options: Options
}

/** @returns null: the command is not about such a project */
export const keptIntent = async (options: Options): Promise<KeptIntent | null> => {
  const { file, project, state, profile } = options
  if (project === undefined || file !== undefined || usesFiles(options)) return null
  const kept = await readable(readAppliedTextOf(state ?? defaultStateDirectory(), project), null)
  if (kept === null) return null
  const intent = readCompose(kept.text, {
    ...{ source: `the text of project ${project}`, project },
    profiles: profile ?? kept.profiles ?? [],
    load: refuseFile,
    loadVariables: refuseFile,
  })
  return {
    intent,
    options: kept.backend === undefined ? options : { ...options, backend: options.backend ?? kept.backend },
  }
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
