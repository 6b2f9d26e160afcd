import { PortolanError } from '@portolan/netfilter'

/** The error when another process named another backend for the project. The work is repeated there. */
export class BackendMovedError extends PortolanError {
  constructor(project: string) {
    super(
      'BACKEND_MOVED',
      `Another process named another backend for project ${project}. Nothing was changed. Call again.`,
    )
  }
}
