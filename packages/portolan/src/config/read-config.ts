import { readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import { type Config, emptyConfig, InvalidRequestError, layerConfigs, parseConfig } from '@portolan/core'

/** @public @since 0.1.0 */
export interface ReadConfigOptions {
  /** `XDG_CONFIG_HOME` and `HOME` are looked up here; this process's environment unless told. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** The folder that `etc/portolan/config.yaml` is below: `/` unless told. */
  readonly root?: string
}

/**
 * Reads the config files there are: /etc/portolan/config.yaml, which is the host's, and portolan/config.yaml in
 * $XDG_CONFIG_HOME (~/.config), which is the user's and has the last word. `Config` shows what they look like.
 *
 * @returns a config that says nothing when there is no file
 * @throws ParseError with file, line and column for a mistake in one; InvalidRequestError for one that is there but
 * cannot be read: going on without it could hand out what it reserves
 * @example
 * const p = await plan(intent, { config: readConfig() })
 * @public @since 0.1.0
 */
export const readConfig = ({ environment = process.env, root = '/' }: ReadConfigOptions = {}): Config =>
  layerConfigs(
    readFile(join(configHome(environment), 'portolan', 'config.yaml')),
    readFile(join(root, 'etc', 'portolan', 'config.yaml')),
  )

/** https://specifications.freedesktop.org/basedir-spec: a path that is not absolute is to be ignored. */
const configHome = (environment: Readonly<Record<string, string | undefined>>): string => {
  const home = environment.XDG_CONFIG_HOME ?? ''
  return isAbsolute(home) ? home : join(environment.HOME || homedir(), '.config')
}

const readFile = (file: string): Config => {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR' || isHidden(dirname(file))) return emptyConfig
    const why = code === 'EACCES' ? 'this user may not' : (code ?? message)
    throw new InvalidRequestError(
      `${file} could not be read (${why}): what it reserves could be handed out. Make it readable, or remove it.`,
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
