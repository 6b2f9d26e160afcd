import { readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { oneWay, PortolanError } from '@portolan/netfilter'
import { errorCode } from '@portolan/netfilter/schema'
import { whyUnwritten } from '../file/why-unwritten.ts'
import { fullDisk } from './full-disk.ts'
import { makeDirectory } from './make-directory.ts'

/**
 * The folder of a network whose containers have ports behind another plugin. It has a file for each attachment, named
 * after the attachment's project. The CNI plugin writes these files. Each file is removed with its project.
 * @example
 * chainedPortsFolder('/var/lib/portolan', 'pods') // '/var/lib/portolan/cni/pods'
 * @public @since 0.1.0
 */
export const chainedPortsFolder = (stateDirectory: string, network: string): string =>
  join(stateDirectory, 'cni', network)

/**
 * Records that a container has ports behind another plugin, before it gets them. A record that cannot be written whole
 * is removed again.
 * @param text - what is known of the container
 * @throws PortolanError `STATE`
 * @example
 * noteChainedPorts('/var/lib/portolan', 'pods', 'cni-pod-1-0a1b2c3d4e5f6071', '10.85.0.2')
 * @public @since 0.1.0
 */
export const noteChainedPorts = (
  stateDirectory: string,
  network: string,
  project: string,
  text: string,
): void => {
  const folder = chainedPortsFolder(stateDirectory, network)
  const file = join(folder, project)
  try {
    makeDirectory(folder)
    writeFileSync(file, text, { mode: 0o600, flush: true })
  } catch (error) {
    forgetChainedPorts(stateDirectory, project)
    const full = fullDisk(error, stateDirectory)
    const why = full ?? whyUnwritten(error)
    throw new PortolanError(
      'STATE',
      {
        problem: `The file ${file}, which tells that a container has ports, could not be written: ${why}. Nothing was changed.`,
        remedy: ({ elsewhere }) =>
          oneWay(
            full === null ? 'fix that and run this again' : 'make room on that disk and run this again',
            elsewhere,
          ),
      },
      { cause: error },
    )
  }
}

/**
 * Removes the files of a project's ports behind other plugins, and the folders that they leave empty.
 * @param project - null: every project
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

const isCode = (error: unknown, ...codes: readonly string[]): boolean => codes.includes(errorCode(error))
