import { type Intent, parseBridgeAlias, readCompose } from '@portolan/core'
import {
  type AppliedText,
  appliedProjects,
  defaultStateDirectory,
  type HeldBack,
  readAppliedTextOf,
  readNetworkFacts,
} from '@portolan/host'
import { InvalidRequestError, PermissionError } from '@portolan/netfilter'
import { liveProjects } from '../../live/wanted/live-projects.ts'
import type { PlanOptions } from '../../plan/plan-options.ts'
import { lastBackendOf } from '../../stored-intent/last-backend.ts'
import type { CommandContext } from '../command.ts'
import type { Options } from '../options/option-table.ts'
import { heldBackOf, heldBackText } from '../watch/held-back.ts'
import { keyWords } from '../watch/key-words.ts'
import { findProject } from './find-project.ts'
import { usesFiles } from './read-facts.ts'
import { readIntent } from './read-intent.ts'

/** What is wanted of the project that a command is about. */
interface Wanted {
  readonly intent: Intent
  /** The plan options that come with the text, besides those of the command line. */
  readonly planning: Planning
  /** Why a watch does not take what is wanted of the project now; null: it does, or no watch holds the project. */
  readonly heldBack: HeldBack | null
}

/**
 * Reads what is wanted of the project that a command is about. Where -p names the project and no file is named, that is
 * the text that `watch --intent` put into force. Otherwise it is what the Compose files say.
 *
 * @throws as `readIntent`
 */
export const readWanted = async (context: CommandContext): Promise<Wanted> => {
  const kept = await keptIntent(context.options)
  if (kept === null) await refuseTextless(context.options)
  const intent = kept?.intent ?? readIntent(context.options)
  if (kept !== null)
    context.terminal.say(
      `portolan: project ${intent.project} is read from the text that "portolan watch --intent" put into force here; -f names another one.`,
    )
  const heldBack = await heldBackOf(context.options, intent.project)
  if (heldBack !== null) context.terminal.say(`portolan: ${heldBackText(heldBack)}`)
  return { intent, planning: kept?.planning ?? {}, heldBack }
}

/**
 * Refuses a project that is on this host, and of which neither a text nor a file tells what is wanted. The error "there
 * is no Compose file" would tell less.
 *
 * @throws InvalidRequestError
 */
const refuseTextless = async (options: Options): Promise<void> => {
  const { file, project, state = defaultStateDirectory() } = options
  if (project === undefined || file !== undefined || usesFiles(options)) return
  if (findProject(options, process.env) !== null || liveProjects(state).includes(project)) return
  const { interfaces = [] } = await readNetworkFacts()
  if (!interfaces.some(({ alias }) => parseBridgeAlias(alias)?.project === project)) return
  throw new InvalidRequestError(
    `project ${project} is on this host, and no text of it is kept in ${state}: it was applied from a Compose file, or what was kept is lost. A "portolan watch --intent" that holds it writes its text down again within 30 s, and one that is started reads it from its key. Otherwise name the file with -f.`,
  )
}

type Planning = Pick<PlanOptions, 'lastBackend' | 'ownCommand' | 'wording'>

interface KeptIntent {
  readonly intent: Intent
  readonly planning: Planning
}

/**
 * The text of a key that is in force for the project that a command names. Null: the command names no project, or it
 * names files, or no text is in force.
 */
export const keptText = async (options: Options): Promise<AppliedText | null> => {
  const { file, project, state } = options
  if (project === undefined || file !== undefined || usesFiles(options)) return null
  return readable(readAppliedTextOf(state ?? defaultStateDirectory(), project), null)
}

/** @returns null: the command is not about a project of a key */
export const keptIntent = async (options: Options): Promise<KeptIntent | null> => {
  const { project = '', profile } = options
  const kept = await keptText(options)
  if (kept === null) return null
  const intent = readCompose(kept.text, {
    ...{ source: `the text of project ${project}`, project },
    profiles: profile ?? kept.profiles ?? [],
    load: refuseFile,
    loadVariables: refuseFile,
  })
  return { intent, planning: { ...lastBackendOf(kept), ...(await keyWords(options, intent.project)) } }
}

/** The projects of which a key's text is kept. */
export const keptProjects = ({ state }: Options): Promise<readonly string[]> =>
  readable(appliedProjects(state ?? defaultStateDirectory()), [])

const refuseFile = (path: string): never => {
  throw new InvalidRequestError(
    `it names the file ${JSON.stringify(path)}, and a text in etcd has no files beside it.`,
  )
}

/** The value, or `otherwise` for a user that may not read the state directory. Only root may. */
const readable = async <Value>(reading: Promise<Value>, otherwise: Value): Promise<Value> => {
  try {
    return await reading
  } catch (error) {
    if (error instanceof PermissionError) return otherwise
    throw error
  }
}
