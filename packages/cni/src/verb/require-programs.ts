import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import { MissingToolError } from '@portolan/netfilter'

/**
 * @param programs - each with the Debian package that brings it
 * @throws MissingToolError for the first that no folder of PATH has
 */
export const requirePrograms = (programs: readonly (readonly [string, string])[]): void => {
  const folders = (process.env.PATH ?? '').split(':').filter((folder) => folder !== '')
  for (const [program, packageName] of programs)
    if (!folders.some((folder) => isExecutable(join(folder, program))))
      throw new MissingToolError(program, packageName)
}

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
