import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** Kills a process, and waits until its lock is free. */
export const end = async (child: ChildProcess): Promise<void> => {
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}
