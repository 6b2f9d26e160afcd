import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

/**
 * Resolves once no thread of a process runs. SIGSTOP reaches each thread on its own processor, a moment after `kill`
 * has returned. A thread that still runs may answer a request meanwhile.
 */
export const stopped = async (pid: number): Promise<void> => {
  while (readdirSync(`/proc/${pid}/task`).some((thread) => isRunning(pid, thread))) await delay(1)
}

const isRunning = (pid: number, thread: string): boolean => {
  try {
    // The program's name stands in brackets and may contain any character, brackets too.
    return !/^\d+ \(.*\) [tTZX] /s.test(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8'))
  } catch {
    // The thread ended before its file was read.
    return false
  }
}
