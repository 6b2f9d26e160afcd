import { isAbsolute, join } from 'node:path'
import { ownHome } from './own-home.ts'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * A base folder of a user. A variable that is empty or not an absolute path is ignored, as the specification says: it
 * would name a place in the current folder.
 *
 * @param usual - the path below the home, used where the variable names no folder
 * @see https://specifications.freedesktop.org/basedir-spec, version 0.8
 */
export const baseFolder = (environment: Environment, variable: string, usual: string): string => {
  const named = environment[variable] ?? ''
  return isAbsolute(named) ? named : join(homeOf(environment), usual)
}

const homeOf = ({ HOME: home = '' }: Environment): string => (isAbsolute(home) ? home : ownHome())
