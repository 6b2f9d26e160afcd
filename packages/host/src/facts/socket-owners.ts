import { readdirSync, readlinkSync } from 'node:fs'
import { errorCode } from '@portolan/netfilter/schema'
import { eldestOf, processIds, processName } from './processes.ts'

const pattern = /^socket:\[(\d+)\]$/

/** The processes that hold sockets, by socket inode, and whether each process could be searched. */
export interface SocketOwners {
  readonly processes: ReadonlyMap<number, { readonly pid: number; readonly name: string }>
  readonly complete: boolean
}

/**
 * Finds the processes that hold sockets, through the links in /proc/PID/fd (proc(5)). It stops when all are found. An
 * ordinary user sees only his own processes. When several processes hold one socket, the result names the parent that
 * made it, not a worker.
 */
export const socketOwners = (inodes: Iterable<number>, proc = '/proc'): SocketOwners => {
  const wanted = new Set(inodes)
  const processes = new Map<number, { pid: number; name: string }>()
  wanted.delete(0)
  let complete = true
  for (const pid of processIds(proc)) {
    if (wanted.size === 0) break
    let descriptors: readonly string[]
    try {
      descriptors = readdirSync(`${proc}/${pid}/fd`)
    } catch (error) {
      // A process that ended meanwhile holds nothing. A process of another user may hold the socket.
      if (errorCode(error) === 'EACCES') complete = false
      continue
    }
    for (const descriptor of descriptors) {
      const inode = socketInode(`${proc}/${pid}/fd/${descriptor}`)
      if (inode === null || !wanted.delete(inode)) continue
      const eldest = eldestOf(pid, (other) => holds(`${proc}/${other}/fd`, inode), proc)
      const name = processName(`${proc}/${eldest}`)
      if (name !== null) processes.set(inode, { pid: eldest, name })
    }
  }
  return { processes, complete: complete || wanted.size === 0 }
}

const holds = (folder: string, inode: number): boolean => {
  try {
    return readdirSync(folder).some((descriptor) => socketInode(`${folder}/${descriptor}`) === inode)
  } catch {
    // The process ended meanwhile, or is another user's.
    return false
  }
}

const socketInode = (path: string): number | null => {
  try {
    const inode = pattern.exec(readlinkSync(path))?.[1]
    return inode === undefined ? null : Number(inode)
  } catch {
    return null
  }
}
