import { type LeftNetwork, type LiveHost, type OpenHostOptions, openHost, readConfig } from 'portolan'
import { isAttachment } from '../attachment/endpoint-name.ts'
import type { WrittenConfig } from '../config/config-schema.ts'
import { wording } from './wording.ts'

/** The project of a configuration's networks; `cni` by default. */
export const projectName = ({ project = 'cni' }: WrittenConfig): string => project

/**
 * The time to wait for the host lock. A runtime that starts fifty containers at once has fifty calls waiting for one
 * another.
 */
export const lockTimeoutMs = 300_000

export const openProject = (config: WrittenConfig): Promise<LiveHost> => openHost(projectOptions(config))

/**
 * Was a network without a stored record made by a plugin? The names of its endpoints tell: no service of a Compose file
 * has such a name.
 */
export const isOfPlugin = ({ endpoints }: LeftNetwork): boolean => endpoints.every(isAttachment)

/** The options to open the host that a configuration asks for. */
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
