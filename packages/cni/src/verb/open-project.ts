import { type LiveHost, openHost } from 'portolan'
import type { WrittenConfig } from '../config/config-schema.ts'

/** The project that networks are of, where a configuration does not say. */
export const projectName = ({ project = 'cni' }: WrittenConfig): string => project

export const openProject = (config: WrittenConfig): Promise<LiveHost> => {
  const { backend = 'auto', stateDir } = config
  return openHost({
    project: projectName(config),
    backend,
    ...(stateDir === undefined ? {} : { state: stateDir }),
  })
}
