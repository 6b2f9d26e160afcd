import { type HostLack, hostLack } from '@portolan/core'
import { errorCode, errorMessage } from '@portolan/netfilter/schema'

/** Why the kernel started no program, and what to do. */
export const startFailure = (failure: unknown): HostLack => {
  const code = errorCode(failure)
  return (
    hostLack(code) ?? {
      why: code === 'EACCES' ? 'this user may not execute it (EACCES)' : code || errorMessage(failure),
      mend: 'Check that it can be run here, and run this again.',
    }
  )
}
