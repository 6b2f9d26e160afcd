import { type LiveHost, openHost } from 'portolan'
import type { WrittenConfig } from '../config/config-schema.ts'

/** The project that networks are of, where a configuration does not say. */
export const defaultProject = 'cni'

export const openProject = ({
  project = defaultProject,
  backend = 'auto',
  stateDir,
}: WrittenConfig): Promise<LiveHost> =>
  openHost({ project, backend, ...(stateDir === undefined ? {} : { state: stateDir }) })
