import { userInfo } from 'node:os'
import { isAbsolute, join } from 'node:path'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * A base folder of a user. A variable that is empty or no absolute path is ignored, as the specification has it: it
 * would name a place in the current folder.
 *
 * @param usual - below the home, where the variable names none
 * @see https://specifications.freedesktop.org/basedir-spec, version 0.8
 */
export const baseFolder = (environment: Environment, variable: string, usual: string): string => {
  const named = environment[variable] ?? ''
  return isAbsolute(named) ? named : join(homeOf(environment), usual)
}

const homeOf = ({ HOME: home = '' }: Environment): string => (isAbsolute(home) ? home : userInfo().homedir)
