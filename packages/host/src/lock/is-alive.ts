import { errorCode } from '@portolan/netfilter/schema'

/** Tells whether a process with this number runs, whichever user it belongs to. */
export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return errorCode(error) !== 'ESRCH'
  }
}
