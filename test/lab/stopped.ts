import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

/**
 * Resolves once no thread of a process runs any more. SIGSTOP reaches each thread by itself, on another processor a
 * moment after `kill` has returned, and one that still runs meanwhile answers what it is asked.
 */
export const stopped = async (pid: number): Promise<void> => {
  while (readdirSync(`/proc/${pid}/task`).some((thread) => isRunning(pid, thread))) await delay(1)
}

const isRunning = (pid: number, thread: string): boolean => {
  try {
    // The name of a program, in brackets, may have any sign in it.
    return !/^\d+ \(.*\) [tTZX] /s.test(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8'))
  } catch {
    // It ended before it was read.
    return false
  }
}
