import { statSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import { type Config, emptyConfig, layerConfigs, parseConfig } from '@portolan/core'
import { ownHome, unsafeDirectory } from '@portolan/host'
import { isAbsent, readTextFile, whyUnread } from '@portolan/host/file'
import { InvalidRequestError, PortolanError } from '@portolan/netfilter'
import { checkOptions, errorCode, type OptionKinds, objectValue } from '@portolan/netfilter/schema'
import { folderValue } from '../arguments/value-kinds.ts'

/** @public @since 0.1.0 */
export interface ReadConfigOptions {
  /** The environment in which `XDG_CONFIG_HOME` and `HOME` are looked up; by default that of this process. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** The folder that contains `etc/portolan/config.yaml`; `/` by default. */
  readonly root?: string
}

const readConfigKinds: OptionKinds<ReadConfigOptions> = {
  environment: objectValue('an object of texts such as process.env'),
  root: folderValue,
}

/**
 * Reads the config files of the host and of the user. The host's file is /etc/portolan/config.yaml. The user's file is
 * portolan/config.yaml in $XDG_CONFIG_HOME (~/.config), and it has the last word. `Config` shows their form. Root does
 * not read a folder that another user may write to. Where `sudo` keeps the HOME of its caller, root's own home is read
 * instead.
 *
 * @returns an empty config when there is no file
 * @throws ParseError with file, line and column for a mistake in a file; InvalidRequestError for a file that cannot be
 * read, is a folder or a pipe, or has more than 1 MiB. Without such a file, a range that it reserves could be handed
 * out.
 * @example
 * const intent = readCompose('services: {web: {ports: ["8080:80"]}}', { source: 'compose.yaml', project: 'shop' })
 * const p = await plan(intent, { facts: {}, rules: null, backend: 'nftables', config: readConfig() })
 * @public @since 0.1.0
 */
export const readConfig = (options: ReadConfigOptions = {}): Config => {
  checkOptions<ReadConfigOptions>(options, readConfigKinds, 'the options of readConfig')
  const { environment = process.env, root = '/' } = options
  return layerConfigs(
    readFile(join(configHome(environment), 'portolan', 'config.yaml')),
    readFile(join(root, 'etc', 'portolan', 'config.yaml')),
  )
}

/**
 * The first of these folders that no other user may write to. `sudo` may keep the HOME of its caller, and root must not
 * follow what that user allows and reserves.
 */
const configHome = (environment: Readonly<Record<string, string | undefined>>): string => {
  const { XDG_CONFIG_HOME: config = '', HOME: home = '' } = environment
  const own = join(ownHome(), '.config')
  // https://specifications.freedesktop.org/basedir-spec: a path that is not absolute is to be ignored.
  const named = [config, isAbsolute(home) ? join(home, '.config') : ''].filter(isAbsolute)
  return named.find((folder) => unsafeDirectory(join(folder, 'portolan')) === null) ?? own
}

/** Room for one line for each of some 30,000 ranges. */
export const mostBytes: number = 2 ** 20

const readFile = (file: string): Config => {
  let text: string
  try {
    text = readTextFile(file, { mostBytes })
  } catch (cause) {
    if (cause instanceof PortolanError) throw cause
    if (isAbsent(cause) || isHidden(dirname(file))) return emptyConfig
    throw new InvalidRequestError(
      `${file} could not be read (${whyUnread(cause)}): what it reserves could be handed out. Make it a readable file, or remove it.`,
      { cause },
    )
  }
  return parseConfig(text, file)
}

/**
 * This user may not even look into such a folder, for example another user's home. So it holds nothing of this user.
 */
const isHidden = (folder: string): boolean => {
  try {
    statSync(folder, { bigint: true })
    return false
  } catch (error) {
    return ['EACCES', 'EPERM'].includes(errorCode(error))
  }
}
