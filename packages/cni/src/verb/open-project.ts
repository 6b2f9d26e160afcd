import { type LeftNetwork, type LiveHost, type OpenHostOptions, openHost, readConfig } from 'portolan'
import type { WrittenConfig } from '../config/config-schema.ts'
import { isAttachment } from './endpoint-name.ts'
import { wording } from './wording.ts'

/** The project that networks are of, where a configuration does not say. */
export const projectName = ({ project = 'cni' }: WrittenConfig): string => project

/** A runtime that starts fifty containers at once has fifty of these wait for one another. */
export const lockTimeoutMs = 300_000

export const openProject = (config: WrittenConfig): Promise<LiveHost> => openHost(projectOptions(config))

/**
 * Was a network that nothing is written down of made by a plugin? Each container that is on it tells by its name: no
 * service of a Compose file has such a one.
 */
export const isOfPlugin = ({ endpoints }: LeftNetwork): boolean => endpoints.every(isAttachment)

/** The host that a configuration asks for. */
export const projectOptions = (config: WrittenConfig): OpenHostOptions => {
  const { backend = 'auto', stateDir } = config
  return {
    project: projectName(config),
    backend,
    lockTimeoutMs,
    config: readConfig(),
    wording,
    takesUp: isOfPlugin,
    ...(stateDir === undefined ? {} : { state: stateDir }),
  }
}
