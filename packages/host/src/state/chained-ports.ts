import { readdirSync, rmdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The folder of a network whose containers have ports behind another plugin: a file for each attachment, named by its
 * project. The CNI plugin writes them, and each goes with its project.
 * @example
 * chainedPortsFolder('/var/lib/portolan', 'pods') // '/var/lib/portolan/cni/pods'
 * @public @since 0.1.0
 */
export const chainedPortsFolder = (stateDirectory: string, network: string): string =>
  join(stateDirectory, 'cni', network)

/**
 * Removes the files of a project's ports behind other plugins, and the folders that they leave empty.
 * @param project - null: of all projects
 * @example
 * forgetChainedPorts('/var/lib/portolan', 'cni-pod-1-0a1b2c3d4e5f6071')
 * @public @since 0.1.0
 */
export const forgetChainedPorts = (stateDirectory: string, project: string | null): void => {
  for (const network of namesIn(join(stateDirectory, 'cni'))) {
    const folder = chainedPortsFolder(stateDirectory, network)
    for (const name of namesIn(folder))
      if (project === null || name === project) rmSync(join(folder, name), { force: true })
    removeEmpty(folder)
  }
  removeEmpty(join(stateDirectory, 'cni'))
}

const namesIn = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR')) return []
    throw error
  }
}

const removeEmpty = (folder: string): void => {
  try {
    rmdirSync(folder)
  } catch (error) {
    if (!isCode(error, 'ENOENT', 'ENOTEMPTY', 'ENOTDIR')) throw error
  }
}

const isCode = (error: unknown, ...codes: readonly string[]): boolean =>
  codes.includes((error as NodeJS.ErrnoException).code ?? '')
