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
  const files = options.file ?? [findDefault()]
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

const findDefault = (): string => {
  const found = defaultNames.find((name) => existsSync(name))
  if (found === undefined) {
    throw new InvalidRequestError(
      `there is no Compose file here (looked for ${defaultNames.join(', ')} in ${process.cwd()}). Name one with -f.`,
    )
  }
  return found
}
