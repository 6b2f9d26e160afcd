import { existsSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { type ComposeFile, type ComposeFilesOptions, type Intent, readComposeFiles } from '@portolan/core'
import { composeProfiles } from '@portolan/core/planning'
import { InvalidRequestError } from '@portolan/netfilter'
import type { Options } from '../options/option-table.ts'
import { requireProject } from './find-project.ts'
import { readFoundText, readText, sourceName } from './read-text.ts'

/**
 * Reads the intent that the options name, or that is found from here, with all files that it includes.
 * @throws InvalidRequestError when there is none
 * @throws ParseError, IntentError for a mistake in it
 */
export const readIntent = (options: Options, environment: NodeJS.ProcessEnv = process.env): Intent => {
  const { files, notes, ...found } = composeFiles(options, environment)
  const intent = readComposeFiles(files, found.options)
  return { ...intent, notes: [...notes, ...intent.notes] }
}

/** The profiles that services of these files name. */
export const readProfiles = (
  options: Options,
  environment: NodeJS.ProcessEnv = process.env,
): readonly string[] => {
  const found = composeFiles(options, environment)
  return composeProfiles(found.files, found.options)
}

const composeFiles = (options: Options, environment: NodeJS.ProcessEnv) => {
  const { files, areNamed, folder, dotenv, notes } = requireProject(options, environment)
  const readOptions: ComposeFilesOptions = {
    folder,
    environment: { ...environment },
    dotenv,
    load: loadCompose,
    loadVariables,
    ...(options.project === undefined ? {} : { project: options.project }),
    ...(options.profile === undefined ? {} : { profiles: options.profile }),
  }
  const texts = files.map((file) =>
    areNamed
      ? { source: sourceName(file), text: readText(file, 'compose') }
      : { source: shown(file), text: readFoundText(shown(file), 'compose') },
  )
  return { files: texts, options: readOptions, notes }
}

/** The name, in messages, of a file that the user did not name. */
const shown = (file: string): string => relative(process.cwd(), resolve(file)) || file

/** Compose fetches these with git or from a registry. Portolan opens no connection for them. */
const remote = /^([a-z][a-z0-9+.-]*:\/\/|git@|github\.com\/)/i

const loadCompose = (path: string, _from: string, folder: string): ComposeFile => {
  if (remote.test(path))
    throw new InvalidRequestError(
      `"${path}" is not on this machine, and only local files are read. Fetch it and name the copy.`,
    )
  const file = shown(resolve(folder, path))
  return { text: readFoundText(file, 'compose'), source: file }
}

const loadVariables = (path: string, _from: string, folder: string): ComposeFile | null => {
  const file = shown(resolve(folder, path))
  if (!existsSync(file)) return null
  return { text: readFoundText(file, 'variables'), source: file }
}
