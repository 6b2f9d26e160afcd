import type { Running } from './run.ts'

/**
 * Does work in several steps while a program is stopped. The program continues after the last and sees no step in
 * between.
 */
export const whileStopped = async (
  running: Pick<Running, 'stop' | 'kill'>,
  work: () => Promise<unknown>,
): Promise<void> => {
  await running.stop()
  try {
    await work()
  } finally {
    running.kill('SIGCONT')
  }
}
