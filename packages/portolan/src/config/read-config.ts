import { statSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import { type Config, emptyConfig, layerConfigs, parseConfig } from '@portolan/core'
import { unsafeDirectory } from '@portolan/host'
import { isAbsent, readTextFile, whyUnread } from '@portolan/host/file'
import { InvalidRequestError, PortolanError } from '@portolan/netfilter'
import { checkOptions, type OptionKinds, objectValue } from '@portolan/netfilter/schema'
import { folderValue } from '../arguments/value-kinds.ts'

/** @public @since 0.1.0 */
export interface ReadConfigOptions {
  /** `XDG_CONFIG_HOME` and `HOME` are looked up here; this process's environment unless told. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** The folder that `etc/portolan/config.yaml` is below: `/` unless told. */
  readonly root?: string
}

const readConfigKinds: OptionKinds<ReadConfigOptions> = {
  environment: objectValue('an object of texts such as process.env'),
  root: folderValue,
}

/**
 * Reads the config files there are: /etc/portolan/config.yaml, which is the host's, and portolan/config.yaml in
 * $XDG_CONFIG_HOME (~/.config), which is the user's and has the last word. `Config` shows what they look like. Root
 * reads no folder for this that another user may write to: where HOME is kept by `sudo`, it is root's own home.
 *
 * @returns a config that says nothing when there is no file
 * @throws ParseError with file, line and column for a mistake in one; InvalidRequestError for one that is there but
 * cannot be read, is a folder or a pipe, or has more than 1 MiB: going on without it could hand out what it reserves
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
 * The first of these that is this user's own. `sudo` may keep the HOME of the user that called it, and what that user
 * allows and reserves is not for root to follow.
 */
const configHome = (environment: Readonly<Record<string, string | undefined>>): string => {
  const { XDG_CONFIG_HOME: config = '', HOME: home = '' } = environment
  const own = join(userInfo().homedir, '.config')
  // https://specifications.freedesktop.org/basedir-spec: a path that is not absolute is to be ignored.
  const named = [config, isAbsolute(home) ? join(home, '.config') : ''].filter(isAbsolute)
  return named.find((folder) => unsafeDirectory(join(folder, 'portolan')) === null) ?? own
}

/** A line for each of some 30,000 ranges. */
const mostBytes = 2 ** 20

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

/** A folder this user may not even look at, such as another user's home, holds nothing of this user's. */
const isHidden = (folder: string): boolean => {
  try {
    statSync(folder)
    return false
  } catch {
    return true
  }
}
