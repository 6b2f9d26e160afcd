import { existsSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { type Intent, InvalidRequestError, parseDotenv, readComposeFiles } from '@portolan/core'
import type { Options } from './options.ts'
import { readFoundText, readText, sourceName } from './read-text.ts'

/** Looked for in this order where no file is named, as Compose does. */
const defaultNames = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml']

/**
 * Reads the intent that the options name, or the Compose file of the current folder.
 * @throws InvalidRequestError when there is none
 * @throws ParseError, IntentError for what is wrong in it
 */
export const readIntent = (options: Options, environment: NodeJS.ProcessEnv = process.env): Intent => {
  const files = options.file ?? [findComposeFile() ?? noneFound()]
  const read = options.file === undefined ? readFoundText : readText
  const folder = dirname(resolve(files[0] ?? '.'))
  const dotenvFile = join(folder, '.env')
  const profiles = options.profile ?? environment.COMPOSE_PROFILES?.split(',').filter((name) => name !== '')
  return readComposeFiles(
    files.map((file) => ({ source: sourceName(file), text: read(file, 'compose') })),
    {
      folder: basename(folder),
      environment: { ...environment },
      ...(options.project === undefined ? {} : { project: options.project }),
      ...(profiles === undefined ? {} : { profiles }),
      ...(existsSync(dotenvFile)
        ? { dotenv: parseDotenv(readFoundText(dotenvFile, 'variables'), { source: dotenvFile, environment }) }
        : {}),
    },
  )
}

/** The Compose file of the current folder; null when there is none. */
export const findComposeFile = (): string | null => defaultNames.find((name) => existsSync(name)) ?? null

/** What was looked for, for an error. */
export const lookedFor = (): string => `looked for ${defaultNames.join(', ')} in ${process.cwd()}`

const noneFound = (): never => {
  throw new InvalidRequestError(`there is no Compose file here (${lookedFor()}). Name one with -f.`)
}
