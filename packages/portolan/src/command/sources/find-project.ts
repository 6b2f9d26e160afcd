import { existsSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import { type IntentNote, parseDotenv } from '@portolan/core'
import { InvalidRequestError, type SourcePosition } from '@portolan/netfilter'
import type { Options } from '../options/option-table.ts'
import { readFoundText } from './read-text.ts'

/** The names of a Compose file, in the order in which they are looked for where no file is named, as Compose does. */
const defaultNames = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml']

/**
 * The names of an override file, in the order in which they are looked for beside a file that was found (compose-go,
 * cli `DefaultOverrideFileNames`).
 */
const overrideNames = [
  'compose.override.yml',
  'compose.override.yaml',
  'docker-compose.override.yml',
  'docker-compose.override.yaml',
]

/** The Compose files of a project, the folder from which its paths start, and its variables. */
export interface ProjectFiles {
  /** The base file first. Each file is laid over those before it. */
  readonly files: readonly string[]
  /** The user named the files on the command line, where a pipe is allowed. */
  readonly areNamed: boolean
  readonly folder: string
  /** The variables that `.env` or the files of --env-file set. */
  readonly dotenv: Readonly<Record<string, string>>
  /** Notes about lines of these files that have no effect. */
  readonly notes: readonly IntentNote[]
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Finds the files of a project, as Compose does: the files that -f names, else those of COMPOSE_FILE, else the first of
 * the usual names here or in a parent folder, with its override file.
 *
 * @returns null when there is no file
 * @throws InvalidRequestError, ParseError for variables that cannot be read
 */
export const findProject = (options: Options, environment: Environment): ProjectFiles | null => {
  const wanted = options['project-directory']
  const start = resolve(wanted ?? '.')
  const envFiles = options['env-file'] ?? list(environment.COMPOSE_ENV_FILES, ',')
  const first =
    options.file ?? filesOf(environment) ?? findUpwards(start) ?? ([] as const satisfies readonly string[])
  const folder = wanted === undefined ? folderOf(first) : start
  const notes: IntentNote[] = []
  if (envFiles !== undefined)
    checkListed(envFiles, options['env-file'] === undefined ? 'COMPOSE_ENV_FILES' : '--env-file')
  const beside = (of: string): readonly string[] => (isOff(environment) ? [] : dotenvFiles(of))
  const early = readVariables(envFiles ?? beside(folder), environment, {}, notes)
  // COMPOSE_FILE may stand in .env too. Then the files that it names may have another .env beside them.
  const later =
    options.file === undefined && filesOf(environment) === undefined
      ? filesOf({ COMPOSE_PATH_SEPARATOR: environment.COMPOSE_PATH_SEPARATOR, ...early })
      : undefined
  const files = later ?? first
  if (files.length === 0) return null
  if (options.file?.includes(''))
    throw new InvalidRequestError('-f: expected the name of a file, found nothing.')
  const isListed = options.file === undefined && (later !== undefined || filesOf(environment) !== undefined)
  if (isListed)
    checkListed(
      files,
      `COMPOSE_FILE${later === undefined ? '' : ` in ${listedIn(envFiles ?? beside(folder))}`}`,
    )
  const settled = wanted === undefined ? folderOf(files) : start
  const dotenv =
    envFiles !== undefined || settled === folder
      ? early
      : readVariables(beside(settled), environment, early, notes)
  return { files, areNamed: options.file !== undefined, folder: settled, dotenv, notes }
}

/**
 * Refuses a file that does not exist, and says what names it: a variable may be set far from where the command is
 * started.
 */
const checkListed = (files: readonly string[], by: string): void => {
  for (const file of files)
    if (file === '') throw new InvalidRequestError(`${by}: expected the name of a file, found nothing.`)
    else if (file !== '-' && !existsSync(file))
      throw new InvalidRequestError(
        `${file} could not be read: there is no such file. ${by} names it, and it was looked for in ${process.cwd()}.`,
      )
}

const listedIn = (files: readonly string[]): string => files.join(' or ') || '.env'

/** Says what was looked for, for an error. */
export const lookedFor = (): string =>
  `looked for ${defaultNames.join(', ')} in ${process.cwd()} and its parents`

const list = (text: string | undefined, separator: string): readonly string[] | undefined => {
  const items = (text ?? '').split(separator).filter((item) => item !== '')
  return items.length === 0 ? undefined : items
}

const filesOf = ({ COMPOSE_FILE, COMPOSE_PATH_SEPARATOR }: Environment): readonly string[] | undefined =>
  list(COMPOSE_FILE, COMPOSE_PATH_SEPARATOR || delimiter)

/**
 * The folder from which the paths of a project start: that of its first file, or this one where the first file is a
 * pipe.
 */
const folderOf = (files: readonly string[]): string =>
  files[0] === undefined || files[0] === '-' ? process.cwd() : dirname(resolve(files[0]))

const findUpwards = (start: string): readonly string[] | undefined => {
  for (let folder = start; ; folder = dirname(folder)) {
    const first = (names: readonly string[]): string[] =>
      names
        .map((name) => join(folder, name))
        .filter((file) => existsSync(file))
        .slice(0, 1)
    const base = first(defaultNames)
    if (base.length > 0) return [...base, ...first(overrideNames)]
    if (dirname(folder) === folder) return undefined
  }
}

/**
 * Is `.env` not to be read (compose-go, cli `WithEnvFiles`)? Files that are named are read, whatever this says. An
 * empty variable has no effect, as everywhere.
 */
const isOff = ({ COMPOSE_DISABLE_ENV_FILE: text = '' }: Environment): boolean => {
  if (text === '') return false
  if (/^(1|t|T|true|TRUE|True)$/.test(text)) return true
  if (/^(0|f|F|false|FALSE|False)$/.test(text)) return false
  throw new InvalidRequestError(`COMPOSE_DISABLE_ENV_FILE: expected true or false, found "${text}".`)
}

/** The `.env` of a folder. */
const dotenvFiles = (folder: string): readonly string[] => {
  const file = join(folder, '.env')
  return existsSync(file) ? [file] : []
}

/** Reads variables from files. A later file wins over an earlier one, and the variables in `before` win over all. */
const readVariables = (
  files: readonly string[],
  environment: Environment,
  before: Readonly<Record<string, string>>,
  notes: IntentNote[],
): Readonly<Record<string, string>> => {
  let read: Readonly<Record<string, string>> = {}
  for (const file of files) {
    const text = readFoundText(file, 'variables')
    const known = { ...read, ...before, ...defined(environment) }
    const onOddName = (name: string, place: SourcePosition): void => {
      notes.push({ text: `"${name}" is no name of a variable: the line has no effect`, place })
    }
    read = { ...read, ...parseDotenv(text, { source: file, environment: known, onOddName }) }
  }
  return { ...read, ...before }
}

const defined = (environment: Environment): Environment =>
  Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined))

/**
 * The project that a command is about.
 * @throws InvalidRequestError when there is none, and as `findProject`
 */
export const requireProject = (options: Options, environment: Environment): ProjectFiles =>
  findProject(options, environment) ?? noneFound()

const noneFound = (): never => {
  throw new InvalidRequestError(`there is no Compose file here (${lookedFor()}). Name one with -f.`)
}
