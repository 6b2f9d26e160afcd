import { PortolanError } from '@portolan/netfilter'

/** Another process named another backend for the project: what was to be done is done again there. */
export class BackendMovedError extends PortolanError {
  constructor(project: string) {
    super(
      'BACKEND_MOVED',
      `Another process named another backend for project ${project}. Nothing was changed. Call again.`,
    )
  }
}
